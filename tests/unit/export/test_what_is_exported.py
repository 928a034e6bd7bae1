"""The contents of an export from the emulator, especially secrets."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import yaml
from emulated import Emulated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wallaroo_pulumi import estate
from wallaroo_pulumi.api import Client, wire
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import NotFoundError
from wallaroo_pulumi.estate.export import Exported, _Run, export
from wallaroo_pulumi.estate.export_serving import _free_key


@pytest.fixture
def client(emulator: Emulated) -> Iterator[Client]:
    client = Client(load(emulator.settings.get, {}))
    yield client
    client.close()


def read_back(exported: Exported, folder: Path) -> estate.Estate:
    """Return the estate in the exported file."""
    file = folder / "estate.yaml"
    file.write_text(exported.to_text(), encoding="utf-8")
    return estate.load(file)


def test_an_empty_instance_is_an_empty_file(client: Client, tmp_path: Path) -> None:
    found = export(client)
    assert read_back(found, tmp_path) == found.estate
    assert found.estate.workspaces == {}


def test_accounts_are_written_as_they_are_and_protected(
    client: Client, emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control(
        "seed", users=[{"email": "Zoë@Example.com", "first_name": "no", "last_name": "Å", "enabled": False}]
    )
    found = export(client)
    assert found.estate.users["zoë@example.com"] == estate.UserPart(
        first_name="no", last_name="Å", enabled=False, protect=True
    )
    ops = found.estate.users["ops@example.com"]
    assert ops.is_admin
    assert read_back(found, tmp_path) == found.estate


def test_a_name_that_exists_twice_is_skipped(client: Client, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "twin"}, {"name": "twin"}, {"name": "single"}])
    found = export(client)
    assert list(found.estate.workspaces) == ["single"]
    assert [line for line in found.skipped if "'twin'" in line and "2 workspaces of this name" in line]


def test_progress_counts_the_workspaces(client: Client, emulator: Emulated) -> None:
    emulator.control("seed", workspaces={"count": 5, "prefix": "w"})
    seen: list[tuple[int, int]] = []

    def track(items: Any, length: int) -> Iterator[Any]:
        for number, item in enumerate(items, start=1):
            seen.append((number, length))
            yield item

    export(client, track=track)
    assert seen == [(number, 5) for number in range(1, 6)]


def test_a_listing_is_asked_for_once(client: Client, emulator: Emulated) -> None:
    emulator.control("seed", workspaces={"count": 20, "prefix": "w"})
    emulator.forget_requests()
    export(client)
    calls = emulator.endpoints()
    assert calls.count("workspaces/list") == 1
    assert calls.count("users/query") == 1
    assert calls.count("workspaces/list_users") == 20


def test_an_unknown_name_is_refused(client: Client) -> None:
    with pytest.raises(NotFoundError, match="workspace 'none' does not exist or this user cannot see it"):
        export(client, ["none"])


@pytest.mark.parametrize(
    ("secrets", "remarks"),
    [
        ([], []),
        (["a"], ["1 secret was replaced by config keys; see the header of the file"]),
        (["a", "b"], ["2 secrets were replaced by config keys; see the header of the file"]),
    ],
)
def test_replaced_secrets_are_counted_in_a_remark(secrets: list[str], remarks: list[str]) -> None:
    assert Exported(estate.Estate.model_validate({}), secrets, []).remarks == remarks


def exported(part: estate.ConnectionPart, secrets: list[str]) -> Exported:
    """An export of one connection."""
    return Exported(estate.Estate.model_validate({"connections": {"c": part}}), secrets, [])


def connection(details: Mapping[str, Any]) -> tuple[estate.ConnectionPart, list[str]]:
    run = _Run(client=None, files={})  # type: ignore[arg-type]  # a connection is written without asking
    found = wire.Connection(id="1", name="c", type="t", details=dict(details))
    return run.connection(found), run.secrets


PUBLIC_KEYS = {"host", "port", "database", "type"}
KEYS = st.sampled_from(
    ["host", "Port", "database", "type", "password", "token", "keyId", "key_id", "x", "ünï", "", "user name"]
)
SECRETIVE = [
    "ada:{}@db.example.com",
    "db.example.com;Password={}",
    "Password={}",
    "reports?sig={}",
    "Bearer {}",
    "https://ada:{}@db.example.com",
    "https://{}@db.example.com/x",
    "db.example.com:{}",
    "db {}",
    "db.example.com\n{}",
    '{{"password": "{}"}}',
]
"""Values that contain a secret, also under a key that is usually public."""
HUSH = st.sampled_from([form.format("hush") for form in SECRETIVE])
LEAVES = st.none() | st.booleans() | st.integers() | st.text() | HUSH
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES))
def test_every_detail_is_written_or_named_and_no_two_have_one_name(details: dict[str, Any]) -> None:
    part, secrets = connection(details)
    given_details = {key: value for key, value in details.items() if value is not None}
    written = [part.details, part.secret_details, part.secret_json]
    assert sorted(key for each in written for key in each) == sorted(given_details)
    named = [*part.secret_details.values(), *part.secret_json.values()]
    assert sorted(named) == sorted(secrets)
    assert len(set(named)) == len(named)
    assert all(name.isascii() and name.isalnum() for name in named)
    assert all(isinstance(given_details[key], str) for key in part.secret_details)
    for key, value in part.details.items():
        assert isinstance(value, bool) or key.lower() in PUBLIC_KEYS
        assert isinstance(value, int) or not set(value) & set(" @;=?&{}\"'\n%+,")
    assert "hush" not in exported(part, secrets).to_text()


@pytest.mark.parametrize("key", ["host", "server", "database", "bucket", "type", "project_id"])
@pytest.mark.parametrize("form", SECRETIVE)
def test_a_harmless_name_does_not_make_a_value_harmless(key: str, form: str) -> None:
    part, secrets = connection({key: form.format("hush")})
    assert part.details == {}
    assert list(part.secret_details.values()) == secrets


@pytest.mark.parametrize(
    "value", ["db.example.com", "db-1.example.com:5432", "my_bucket/path", "eu-central-1"]
)
def test_a_plain_value_under_a_harmless_name_is_written(value: str) -> None:
    assert connection({"host": value}) == (
        estate.ConnectionPart(type="t", details={"host": value}, protect=True),
        [],
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "hush"),
        ("user", "hush"),
        ("passwd", "hush"),
        ("connection_string", "hush"),
        ("host", "https://ada:hush@db.example.com"),
        ("host", {"name": "hush"}),
        ("hostile", "hush"),
        ("port_knock", "hush"),
        ("pin", 4711),
    ],
)
def test_what_may_be_a_secret_is_not_written(key: str, value: Any, tmp_path: Path) -> None:
    part, secrets = connection({key: value})
    text = exported(part, secrets).to_text()
    assert "hush" not in text
    assert "4711" not in text
    assert json.dumps(secrets[0])[1:-1] in text
    assert f"pulumi config set --secret wallaroo-estate:{secrets[0]}" in text
    assert yaml.safe_load(text)["connections"]["c"]["protect"] is True


MODEL = b"a model"


def with_model(emulator: Emulated, folder: Path, **conversion: Any) -> None:
    """Create a workspace with one model, whose file is in ``folder``."""
    (folder / "model.zip").write_bytes(MODEL)
    workspace = emulator.control("seed", workspaces=[{"name": "fraud"}])["workspaces"][0]
    version = {
        "name": "byop",
        "workspace_id": workspace,
        "visibility": "private",
        "sha": hashlib.sha256(MODEL).hexdigest(),
        "conversion": {"framework": "python", "requirements": [], **conversion},
    }
    emulator.control("seed", model_versions=[version])


@pytest.mark.parametrize(
    ("conversion", "place"),
    [
        (
            {"requirements": ["x", "--extra-index-url https://u:hush@pypi.example.com/simple"]},
            "requirements[1]",
        ),
        ({"requirements": ["--extra-index-url=https://hush@pypi.example.com/simple"]}, "requirements[0]"),
        ({"requirements": ["-i https://pypi.example.com/hush/simple"]}, "requirements[0]"),
        ({"requirements": ["x @ https://files.example.com/x.whl?sig=hush"]}, "requirements[0]"),
        ({"requirements": ["x @ git+https://hush@git.example.com/x.git"]}, "requirements[0]"),
        ({"framework": "custom", "framework_config": {"hf_token": "hush"}}, "framework_config.hf_token"),
        ({"framework": "custom", "framework_config": {"a": {"auth": "hush"}}}, "framework_config.a.auth"),
        ({"framework": "custom", "framework_config": {"api-key": "hush"}}, "framework_config.api-key"),
        (
            {"framework": "custom", "framework_config": {"header": ["Bearer hush"]}},
            "framework_config.header[0]",
        ),
    ],
)
def test_a_model_that_may_hold_a_secret_is_skipped(
    client: Client, emulator: Emulated, tmp_path: Path, conversion: dict[str, Any], place: str
) -> None:
    if options := conversion.get("framework_config"):
        given = {"framework_config": {"framework": "custom", "config": options}}
        with_model(emulator, tmp_path, **{**conversion, **given})
        model = emulator.api("models/list")["models"][0]["model_versions"][0]["model_version"]["id"]
        emulator.api(
            "models/insert_model_config", model_version_id=model, input_schema="eA==", output_schema="eA=="
        )
    else:
        with_model(emulator, tmp_path, **conversion)
    found = export(client, models=tmp_path)
    assert "hush" not in found.to_text() + "".join(found.skipped)
    assert [
        line
        for line in found.skipped
        if f"model 'byop' of workspace 'fraud': {place} may be a secret" in line
    ]


def test_a_number_that_pulumi_cannot_keep_exactly_is_skipped_with_its_reason(
    client: Client, emulator: Emulated
) -> None:
    for name, number in {"small": 2**53, "large": 2**53 + 1, "float": 1e300}.items():
        emulator.api("connections/create", name=name, type="s3", details={"bucket": number})
    found = export(client)
    assert list(found.estate.connections) == ["small"]
    for name in ("large", "float"):
        assert [line for line in found.skipped if f"'{name}'" in line and "beyond 2^53" in line]


def test_ordinary_requirements_are_written(client: Client, emulator: Emulated, tmp_path: Path) -> None:
    wanted = [
        "numpy==1.26.4",
        "x[y]>=1,<2; python_version < '3.9'",
        "z @ git+https://git.example.com/z.git@v1.0",
    ]
    with_model(emulator, tmp_path, requirements=wanted)
    part = export(client, models=tmp_path).estate.workspaces["fraud"]
    assert part.models["byop"].requirements == wanted


def test_a_model_with_empty_schemas_that_the_sdk_configured_is_exported(
    client: Client, emulator: Emulated, tmp_path: Path
) -> None:
    # The SDK's configure(openai_config=…) leaves out schemas without fields.
    with_model(emulator, tmp_path, framework="vllm")
    model = emulator.api("models/list")["models"][0]["model_versions"][0]["model_version"]["id"]
    openai = {"enabled": True, "completion_config": {"max_tokens": 9}, "chat_completion_config": None}
    emulator.api("models/insert_model_config", model_version_id=model, openai_config=openai)
    found = export(client, models=tmp_path)
    assert found.skipped == []
    part = found.estate.workspaces["fraud"].models["byop"]
    empty = base64.b64encode(pyarrow.schema([]).serialize()).decode()
    assert (part.input_schema, part.output_schema) == (empty, empty)
    assert part.openai.completion_config == {"max_tokens": 9}


def test_a_deployment_is_exported_with_its_whole_configuration(
    client: Client, emulator: Emulated, tmp_path: Path
) -> None:
    id = emulator.control("seed", workspaces=[{"name": "fraud", "owner": "ops@example.com"}])["workspaces"][0]
    made = emulator.api("pipelines/create", workspace_id=id, pipeline_id="p", definition={"steps": []})
    amounts = {"cpu": 2.0, "memory": "1Gi", "amd.com/gpu": 2}
    engine = {"cpu": 2.0, "gpu": 2, "accel": "rocm", "resources": {"limits": amounts, "requests": amounts}}
    emulator.api(
        "pipelines/deploy",
        deploy_id="p",
        pipeline_version_pk_id=made["pipeline_variant_pk_id"],
        engine_config={
            "engine": engine,
            "enginelb": {},
            "engineAux": {"images": {"m-1": {"env": [{"name": "THREADS", "value": "2"}]}}},
            "workspace_id": id,
        },
    )
    found = export(client)
    assert found.skipped == []
    text = yaml.safe_load(found.to_text())["workspaces"]["fraud"]["pipelines"]["p"]["deploy"]
    assert text == {
        "engine_config": {
            "engine": engine,
            "engine_aux": {"images": {"m-1": {"env": [{"name": "THREADS", "value": "2"}]}}},
        },
        "protect": True,
    }
    assert read_back(found, tmp_path) == found.estate


def test_why_a_model_is_skipped_is_told_in_whole_words(
    client: Client, emulator: Emulated, tmp_path: Path
) -> None:
    with_model(emulator, tmp_path, framework="custom")
    needs = "framework 'custom' needs input_schema and output_schema"
    assert f"model 'byop' of workspace 'fraud': {needs}" in export(client, models=tmp_path).skipped


def test_a_version_that_is_not_ready_is_skipped(client: Client, emulator: Emulated, tmp_path: Path) -> None:
    with_model(emulator, tmp_path)
    (listed,) = emulator.api("models/list")["models"]
    version = listed["model_versions"][0]["model_version"]
    emulator.api(
        "models/delete_model_versions", model_versions=[version["file_info"]["version"]], confirm_delete=True
    )
    broken = {
        "name": "byop",
        "workspace_id": version["workspace_id"],
        "visibility": "private",
        "conversion": {"framework": "python", "requirements": []},
        "status": "error",
    }
    emulator.control("seed", model_versions=[broken])
    found = export(client, models=tmp_path)
    assert "model 'byop' of workspace 'fraud': its status is error" in found.skipped


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("risk", [], "risk"),
        ("risk", ["risk"], "risk-7"),
        ("risk", ["risk", "risk-7"], "risk-7-2"),
        ("r" * 63, ["r" * 63], "r" * 61 + "-7"),
    ],
)
def test_a_further_version_goes_by_a_key_that_is_free(name: str, taken: list[str], key: str) -> None:
    assert _free_key(name, 7, taken) == key


def test_tags_are_exported(client: Client, emulator: Emulated, tmp_path: Path) -> None:
    with_model(emulator, tmp_path)
    (version,) = emulator.contents()["model_versions"]
    workspace = emulator.contents()["workspaces"][-1]["id"]
    made = emulator.api("pipelines/create", workspace_id=workspace, pipeline_id="p", definition={"steps": []})
    tag = client.tags.create("eu")
    client.tags.attach("model", version["id"], tag)
    client.tags.attach("pipeline", made["pipeline_pk_id"], tag)
    found = export(client, models=tmp_path)
    part = yaml.safe_load(found.to_text())["workspaces"]["fraud"]
    assert (part["models"]["byop"]["tags"], part["pipelines"]["p"]["tags"]) == (["eu"], ["eu"])
