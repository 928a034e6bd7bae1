"""The API description: pages that work offline, and a document that is true and whose examples work."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from emulator_client import Instance
from linear_model import linear_model

from wallaroo_pulumi.emulator.description.examples import SHA, USER_ID, UUID


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


def test_the_landing_page_leads_to_the_description(instance: Instance) -> None:
    page = instance.http.get("/")
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    links = re.findall(r'href="([^"]+)"', page.text)
    assert {"/v1/api/docs", "/v1/api/openapi.json"} <= set(links)
    for link in links:
        assert instance.http.get(link).status_code == 200, link


def test_the_page_logs_in_by_password(instance: Instance) -> None:
    description = instance.http.get("/v1/api/openapi.json").json()
    scheme = description["components"]["securitySchemes"]["login"]
    assert scheme["type"] == "oauth2"
    page = instance.http.get("/v1/api/docs").text
    match = re.search(r"initOAuth\(({.*?})\)", page, re.DOTALL)
    assert match is not None
    client = json.loads(match[1])
    form = {"grant_type": "password", "username": "ops@example.com", "password": "ops-password"}
    reply = instance.http.post(
        urljoin(f"{instance.url}/v1/api/docs", scheme["flows"]["password"]["tokenUrl"]),
        data=form,
        auth=(client["clientId"], client["clientSecret"]),
    )
    assert instance.call_with(reply.json()["access_token"], "workspaces/list").status_code == 200
    assert description["paths"]["/v1/api/workspaces/list"]["post"]["security"] == [
        {"login": []},
        {"token": []},
    ]


def operations(instance: Instance) -> Iterator[tuple[str, str, dict[str, Any]]]:
    description = instance.http.get("/v1/api/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_summaries_are_sentences_of_their_own(instance: Instance) -> None:
    summaries = [operation["summary"] for _, _, operation in operations(instance)]
    assert len(set(summaries)) == len(summaries)
    for summary in summaries:
        assert " " in summary
        assert summary[0].isupper()
        assert not summary.endswith(".")


def test_no_example_is_a_placeholder(instance: Instance) -> None:
    description = instance.http.get("/v1/api/openapi.json").json()
    for name, schema in description["components"]["schemas"].items():
        for key, property in schema.get("properties", {}).items():
            (example,) = property["examples"]
            text = json.dumps(example)
            assert '"string"' not in text, (name, key)
            assert "-2147483648" not in text, (name, key)
            is_text = "string" in json.dumps([property.get("type"), property.get("anyOf", [])])
            assert example is not None or not is_text, (
                f"add an example of {key!r} ({name}) to BY_NAME in emulator/description/examples.py"
            )
    for path, _, operation in operations(instance):
        assert "__" not in json.dumps(operation), path


SEED: dict[str, Any] = {
    "users": [{"email": "mary@example.com", "id": USER_ID}],
    "workspaces": [{"name": "fraud", "members": {"mary.jane@example.com": "COLLABORATOR"}}],
    "model_versions": [
        {
            **{"workspace_id": 1, "name": "house-price", "version": UUID, "sha": SHA},
            "content": base64.b64encode(linear_model([1.0, 1.0, 1.0], field="tensor")).decode(),
        }
    ],
    "connections": [{"name": "warehouse", "type": "POSTGRES", "id": UUID}],
    "registries": [{"name": "registry", "id": UUID}],
    "orchestrations": [{"workspace_id": 1, "id": UUID, "sha": SHA}],
    "publishes": [
        {
            **{"id": 1, "workspace_id": 1, "pipeline_id": 1, "pipeline_name": "houses"},
            **{"pipeline_version_id": 1, "pipeline_version_name": UUID},
        }
    ],
}
DEFINITION = {
    "steps": [{"ModelInference": {"models": [{"name": "house-price", "version": UUID, "sha": SHA}]}}]
}
PIPELINE = {"workspace_id": 1, "name": "houses", "version": UUID, "definition": DEFINITION}
TASK = {"workspace_id": 1, "orch_id": UUID, "id": UUID, "runs": [{"run_id": UUID}]}
REFUSED = {"/v1/api/assays/get_results": 500}


def prepare(instance: Instance, path: str, schedule: dict[str, Any], old: dict[str, Any]) -> None:
    """What the example of a path is about: everything, unless the call creates or deletes it."""
    call = path.rpartition("/")[2]
    deletes = call.startswith("delete")
    pipeline = PIPELINE if deletes else {**PIPELINE, "deployment_id": 1}
    seed = {**SEED, "pipeline_versions": [] if "delete_model" in call else [pipeline]}
    if not deletes:
        seed["tasks"] = [TASK]
    if call == "upload_from_registry":
        seed["registries"] = [{"name": "registry", "id": UUID, "workspaces": [1]}]
    if call != "add_edge_to_publish":
        seed["edges"] = [{"name": "house-price-edge", "publish_id": 1}]
    if not deletes and call not in ("schedule", "create"):
        stamps = {"created_at": "2026-11-26", "updated_at": "2026-11-26"}
        seed["assays"] = [{**schedule, **stamps, "id": UUID, "active": True}]
        shown = {"status": "created", "last_run": None, "next_run": "2026-11-27", "warning_threshold": None}
        assay = {**old, **shown, "run_until": None, "updated_at": "2026-11-26"}
        seed["old_assays"] = [{"workspace_id": 1, "assay": assay}]
    instance.control("seed", **seed)


def test_every_example_can_be_sent(instance: Instance) -> None:
    described = list(operations(instance))
    bodies = {
        path: operation["requestBody"]["content"].get("application/json", {}).get("example")
        for path, _, operation in described
        if "requestBody" in operation
    }
    old = bodies["/v1/api/assays/create"]
    for path, _, operation in described:
        if "requestBody" not in operation:
            continue
        instance.control("reset")
        prepare(instance, path, bodies["/v2/api/assays/schedule"], old)
        url = path.format(deploy_name="houses", deployment_id=1, pipeline_name="houses")
        if bodies[path] is None:
            form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
            reply = instance.upload(url, form["metadata"]["example"], ("model.onnx", b""))
        else:
            reply = instance.call_with(instance.login().json()["access_token"], url, bodies[path])
        expected = REFUSED.get(path)
        assert reply.status_code == expected if expected else reply.status_code < 300, (
            f"{path}: {reply.text}: create what its example refers to in prepare(), or list it in REFUSED"
        )


@pytest.mark.parametrize("name", ["login", "token"])
def test_both_ways_of_authorization_are_described(instance: Instance, name: str) -> None:
    schemes = instance.http.get("/v1/api/openapi.json").json()["components"]["securitySchemes"]
    assert schemes[name]["description"]
