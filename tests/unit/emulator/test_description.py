"""The API description: a page that works offline, and a document that tells the truth."""

import re

from emulator_client import Instance


def test_page_and_its_assets_come_from_the_emulator(instance: Instance) -> None:
    page = instance.http.get("/v1/api/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assets = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(assets) >= 3
    assert "/v1/api/openapi.json" in page.text
    for asset in assets:
        assert instance.http.get(asset).status_code == 200, asset


def test_description_names_fields_and_refusals(instance: Instance) -> None:
    description = instance.http.get("/v1/api/openapi.json").json()
    schemas = description["components"]["schemas"]
    assert set(schemas["Workspace"]["properties"]) == {
        "id",
        "name",
        "created_at",
        "created_by",
        "archived",
        "models",
        "pipelines",
    }
    assert "email" not in schemas["KeycloakUser"]["required"]
    for path, operations in description["paths"].items():
        assert path.startswith(("/v1/api/", "/v2/api/"))
        for operation in operations.values():
            assert "422" not in operation["responses"]
            refusal = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert refusal == {"$ref": "#/components/schemas/Refusal"}


def test_every_described_operation_but_config_wants_a_token(instance: Instance) -> None:
    description = instance.http.get("/v1/api/openapi.json").json()
    for path, operations in description["paths"].items():
        for method in operations:
            status = instance.http.request(method, path, json={} if method == "post" else None).status_code
            assert status == (200 if path == "/v1/api/config" else 401), path


def test_unserved_paths_say_so_in_the_standard_body(instance: Instance) -> None:
    reply = instance.http.post("/v1/api/models/teleport", json={})
    assert (reply.status_code, reply.json()["code"]) == (404, 404)
    assert "/v1/api/models/teleport" in reply.json()["msg"]
    assert instance.http.get("/v1/api/workspaces/list").json()["code"] == 405
