"""The native plugin's process: every kind's example, previews, secrets, configuration, errors and its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dynamic_host import UNKNOWN, HostError
from emulated import Emulated
from host_life import Life, absent_id, live
from plugin_host import PROVIDER, PluginHost, native_urn
from pulumi.runtime.proto import engine_pb2, provider_pb2

from wallaroo_pulumi.adapters.pulumi_values import SECRET, SIGNATURE
from wallaroo_pulumi.core.fields import COMPUTED_IN_CHECK, fields_with
from wallaroo_pulumi.core.fields import SECRET as SECRET_FIELD
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.resources import RESOURCES


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


@pytest.fixture(scope="module")
def process() -> Iterator[PluginHost]:
    with PluginHost() as host:
        yield host


@pytest.fixture
def host(process: PluginHost, emulator: Emulated) -> PluginHost:
    """A run of its own."""
    return process.configure(emulator.settings)


class LaterRun:
    """The same process in a later run, which begins at the first use."""

    def __init__(self, host: PluginHost, emulator: Emulated) -> None:
        self._host, self._settings = host, emulator.settings
        self._begun = False

    def __getattr__(self, name: str) -> Any:
        if not self._begun:
            self._host.configure(self._settings)
            self._begun = True
        return getattr(self._host, name)


# --- the life of every kind --------------------------------------------------------------------------------


@pytest.mark.sdk_range
@pytest.mark.parametrize("kind", RESOURCES)
def test_create_read_update_replace_delete(
    host: PluginHost, emulator: Emulated, kind: str, tmp_path: Path
) -> None:
    live(host, LaterRun(host, emulator), kind, tmp_path)


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_preview_predicts_what_the_create_and_the_update_give(
    host: PluginHost, emulator: Emulated, kind: str, tmp_path: Path
) -> None:
    life = Life(host, kind, tmp_path)
    inputs = life.checked(life.wire(life.examples.inputs))
    emulator.forget_requests()
    _, predicted = host.create(kind, inputs, preview=True)
    assert emulator.requests() == []
    id, outputs = host.create(kind, inputs)
    assert {name: outputs.get(name) for name, value in predicted.items() if value != UNKNOWN} == {
        name: value for name, value in predicted.items() if value != UNKNOWN
    }
    if life.examples.update:
        edited = life.checked(life.with_changes(life.examples.update), inputs)
        emulator.forget_requests()
        predicted = host.update(kind, id, outputs, edited, preview=True)
        assert emulator.requests() == []
        updated = host.update(kind, id, outputs, edited)
        assert {name: updated.get(name) for name, value in predicted.items() if value != UNKNOWN} == {
            name: value for name, value in predicted.items() if value != UNKNOWN
        }


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_import_by_id_gives_inputs_without_a_change(host: PluginHost, kind: str, tmp_path: Path) -> None:
    life = Life(host, kind, tmp_path)
    id, _ = host.create(kind, life.checked(life.wire(life.examples.inputs)))
    imported, outputs, inputs = host.read(kind, id)
    assert imported == id
    # A program contains neither what check computes nor what no read returns.
    computed = {wire_name(name) for name, _ in fields_with(RESOURCES[kind].inputs, COMPUTED_IN_CHECK)}
    program = {name: value for name, value in inputs.items() if name not in computed and value is not None}
    checked, failures = host.check(kind, program, inputs)
    assert failures == {}
    assert not host.diff(kind, id, outputs, checked).changed


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_preview_in_which_everything_is_unknown_passes(host: PluginHost, kind: str) -> None:
    unknown = {wire_name(name): UNKNOWN for name in RESOURCES[kind].examples.inputs}
    inputs, failures = host.check(kind, unknown)
    assert failures == {}
    assert {name: inputs[name] for name in unknown} == unknown
    assert host.diff(kind, "1", {}, inputs).changed
    assert host.create(kind, inputs, preview=True)[0] == ""


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_object_that_is_gone_reads_as_gone(host: PluginHost, kind: str) -> None:
    absent = absent_id(kind)
    assert host.read(kind, absent, {"somethingOfTheState": True}) == ("", {}, {})
    assert host.read(kind, absent) == ("", {}, {})


# --- previews ----------------------------------------------------------------------------------------------


def test_a_diff_is_detailed(host: PluginHost) -> None:
    inputs, _ = host.check("Connection", {"name": "lake", "type": "s3", "details": {"bucket": "a"}})
    id, outputs = host.create("Connection", inputs)
    assert not host.diff("Connection", id, outputs, inputs).changed
    assert host.detailed == {}
    edited = {**inputs, "details": {"bucket": "b"}, "adopt": "never"}
    assert host.diff("Connection", id, outputs, edited).replaces == ["details"]
    assert host.detailed == {"details": "UPDATE_REPLACE", "adopt": "UPDATE"}


def test_the_preview_of_an_update_knows_what_it_leaves_unchanged(host: PluginHost, tmp_path: Path) -> None:
    life = Life(host, "WorkspaceMember", tmp_path)
    inputs = life.checked(life.wire(life.examples.inputs))
    id, outputs = host.create("WorkspaceMember", inputs)
    predicted = host.update("WorkspaceMember", id, outputs, {**inputs, "role": "OWNER"}, preview=True)
    assert predicted["userId"] == outputs["userId"]
    assert UNKNOWN not in predicted.values()


# --- names -------------------------------------------------------------------------------------------------


def test_an_unnamed_object_gets_a_stable_name_of_its_own(host: PluginHost) -> None:
    names = [host.check("Workspace", {}, name=name)[0]["name"] for name in ("fraud", "fraud", "churn")]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("fraud-")
    assert host.check("Workspace", {}, {"name": "kept"}, name="fraud")[0]["name"] == "kept"


def test_the_autonaming_of_the_project_counts(host: PluginHost) -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions

    def name(**given: Any) -> Any:
        return host.check("Workspace", {}, autonaming=options(**given))

    assert name(proposed_name="Fraud-1", mode=options.ENFORCE)[0]["name"] == "Fraud-1"
    assert name(proposed_name="fraud_1", mode=options.PROPOSE)[0]["name"] == "fraud-1"
    assert "a name is a DNS label" in name(proposed_name="fraud_1", mode=options.ENFORCE)[1][""]
    assert name(mode=options.DISABLE)[1] == {"": "name: is required"}


# --- secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RESOURCES)
def test_secret_fields_are_secret_however_they_are_given(host: PluginHost, kind: str, tmp_path: Path) -> None:
    resource = RESOURCES[kind]
    life = Life(host, kind, tmp_path)
    inputs = life.checked(life.wire(life.examples.inputs))
    marked = {(wire_name(name),) for name, _ in fields_with(resource.inputs, SECRET_FIELD)}
    assert host.secrets == {path for path in marked if inputs.get(str(path[0])) is not None}
    id, outputs = host.create(kind, inputs)
    marked |= {(wire_name(name),) for name, _ in fields_with(resource.outputs, SECRET_FIELD)}
    expected = {path for path in marked if outputs.get(str(path[0])) is not None}
    assert host.secrets == expected
    host.read(kind, id, outputs)
    assert host.secrets >= {path for path in expected if path != ("edgeBundle",)}


def test_what_the_program_makes_secret_stays_secret(host: PluginHost) -> None:
    inputs, _ = host.check("Workspace", {"name": secret("fraud-prod")})
    assert host.secrets == {("name",)}
    sent = {**inputs, "name": secret(inputs["name"])}
    id, outputs = host.create("Workspace", sent)
    assert host.secrets == {("name",)}
    state = {**outputs, "name": secret(outputs["name"])}
    host.read("Workspace", id, state)
    assert host.secrets == {("name",)}
    host.update("Workspace", id, state, {**sent, "forceDestroy": True})
    assert host.secrets == {("name",)}


def test_a_failed_check_names_the_property_in_its_line_only(host: PluginHost) -> None:
    _, failures = host.check("Connection", {"name": "lake", "type": "s3", "details": "hunter2"})
    assert list(failures) == [""]
    assert "details: must be an object" in failures[""]
    assert "hunter2" not in failures[""]


def test_duplicates_are_found_once_their_names_are_known(host: PluginHost) -> None:
    for name in ("first", "second"):
        assert host.check("Workspace", {"name": UNKNOWN}, name=name)[1] == {}
    assert host.check("Workspace", {"name": "fraud"}, name="first")[1] == {}
    [reason] = host.check("Workspace", {"name": "fraud"}, name="second")[1].values()
    assert "first" in reason


def test_duplicates_are_found_by_what_their_unknown_values_come_from(host: PluginHost) -> None:
    """The module `wallaroo_pulumi.native` sends it."""
    member = {"workspaceId": UNKNOWN, "email": "mary.jane@example.com"}

    def check(name: str, source: str) -> dict[str, str]:
        inputs, failures = host.check(
            "WorkspaceMember", {**member, "__sources": {"workspaceId": source}}, name=name
        )
        assert "__sources" not in inputs
        return failures

    assert check("first", "71/3") == {}
    assert check("second", "72/3") == {}
    [reason] = check("third", "71/3").values()
    assert "resource 'first' declares a WorkspaceMember" in reason


# --- configuration -----------------------------------------------------------------------------------------


def test_credentials_become_secret(process: PluginHost, emulator: Emulated) -> None:
    inputs, failures = process.check_config({**emulator.settings, "version": "0.1.0"})
    assert failures == []
    assert inputs == emulator.settings
    assert process.secrets == {("clientSecret",), ("password",)}


def test_a_wrong_setting_is_one_line_at_the_provider(process: PluginHost, emulator: Emulated) -> None:
    _, [line] = process.check_config({**emulator.settings, "timeout": "soon"})
    assert "wallaroo:timeout (WALLAROO_TIMEOUT) must be a number" in line
    assert "ops-password" not in line
    with pytest.raises(HostError, match="wallaroo:timeout") as refused:
        process.configure({**emulator.settings, "timeout": "soon"})
    assert "\n" not in str(refused.value)


def test_a_wrong_setting_of_an_explicit_provider_names_the_provider(
    process: PluginHost, emulator: Emulated
) -> None:
    with pytest.raises(HostError, match="timeout='soon' from Provider 'eu' timeout"):
        process.configure({**emulator.settings, "timeout": "soon"}, provider="eu")


def test_a_setting_that_is_not_known_yet_is_not_judged(process: PluginHost) -> None:
    assert process.check_config({"apiUrl": UNKNOWN}) == ({"apiUrl": UNKNOWN}, [])


def test_a_misspelt_setting_is_a_warning(process: PluginHost, emulator: Emulated) -> None:
    process.engine.logged.clear()
    process.check_config({**emulator.settings, "pasword": "x"})
    [message] = process.engine.logged
    assert message.severity == engine_pb2.WARNING
    assert message.message.startswith("wallaroo:pasword is not a setting; did you mean wallaroo:password")


def test_a_changed_password_updates_the_provider_and_replaces_nothing(
    process: PluginHost, emulator: Emulated
) -> None:
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    rotated = process.diff_config(emulator.settings, {**emulator.settings, "password": secret("new")})
    assert (rotated.changes, list(rotated.diffs), list(rotated.replaces)) == (some, ["password"], [])
    same = process.diff_config({**emulator.settings, "version": "0.1.0"}, emulator.settings)
    assert (same.changes, list(same.diffs)) == (none, [])


def test_settings_that_are_no_texts(process: PluginHost, emulator: Emulated) -> None:
    """YAML programs give numbers and booleans."""
    process.configure({**emulator.settings, "timeout": 5, "allowInsecure": True, "maxRetries": 0.0})


def test_a_call_before_the_configuration_is_one_line() -> None:
    with PluginHost() as host, pytest.raises(HostError, match="before it configured it"):
        host.check("Workspace", {})


# --- runs --------------------------------------------------------------------------------------------------


def test_a_run_forgets_the_claims_and_the_cancellation_of_the_one_before(
    host: PluginHost, emulator: Emulated
) -> None:
    inputs, _ = host.check("Workspace", {"name": "fraud"}, name="a")
    id, _ = host.create("Workspace", inputs, name="a")
    same, failures = host.check("Workspace", {"name": "fraud"}, name="b")
    assert "declares a Workspace with the same name" in failures[""]
    host.cancel()
    host.configure(emulator.settings)
    same, failures = host.check("Workspace", {"name": "fraud"}, name="b")
    assert failures == {}
    assert host.create("Workspace", same, name="b")[0] == id
    assert host.engine.lines == [f"Workspace 'fraud' (id {id}) already exists and is adopted"]
    assert host.engine.logged[0].urn == native_urn("Workspace", "b")


def test_one_token_and_one_listing_serve_all_threads(host: PluginHost, emulator: Emulated) -> None:
    def create(name: str) -> str:
        inputs, _ = host.check("Workspace", {"name": name}, name=name)
        return host.create("Workspace", inputs, name=name)[0]

    with ThreadPoolExecutor(32) as pool:
        ids = list(pool.map(create, [f"team-{number}" for number in range(64)]))
    assert len({*ids}) == 64
    assert len(emulator.tokens()) == 1
    assert emulator.endpoints().count("workspaces/create") == 64


def test_resources_of_another_provider_are_not_the_runs(process: PluginHost, emulator: Emulated) -> None:
    """Two instances may have an object of the same id, and their identities differ."""
    elsewhere = {
        "urn": native_urn("Workspace", "other"),
        "type": "wallaroo:index:Workspace",
        "id": "2",
        "outputs": {"name": "fraud", "workspaceId": 2, "__instance": "0123456789"},
        "provider": f"{PROVIDER}us::4711",
    }
    process.configure(emulator.settings, state=[elsewhere], provider="eu")
    inputs, _ = process.check("Workspace", {"name": "fraud"})
    assert process.create("Workspace", inputs)[0]
    process.configure(emulator.settings, state=[elsewhere], provider="us")
    inputs, _ = process.check("Workspace", {"name": "churn"})
    with pytest.raises(HostError, match="are on Wallaroo instance 0123456789"):
        process.create("Workspace", inputs)


def test_cancelling_ends_a_wait_and_a_custom_timeout_bounds_it(
    host: PluginHost, emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control("readiness", kind="deployment", mode="never")
    life = Life(host, "Deployment", tmp_path)
    inputs = life.checked(life.wire(life.examples.inputs))
    with pytest.raises(HostError, match=r"after [\d.]+ s; "):
        host.create("Deployment", inputs, timeout=3)
    assert "Starting" in host.engine.logged[0].message
    assert host.engine.logged[0].ephemeral
    emulator.control("readiness", kind="deployment")


# --- work that goes on -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "work"),
    [
        ("ModelVersion", "model"),
        ("Orchestration", "orchestration"),
        ("Deployment", "deployment"),
        ("PipelinePublish", "publish"),
    ],
)
def test_an_object_whose_work_goes_on_is_kept_and_finished_by_a_later_run(
    host: PluginHost, emulator: Emulated, tmp_path: Path, kind: str, work: str
) -> None:
    life = Life(host, kind, tmp_path)
    emulator.control("readiness", kind=work, mode="never")
    inputs = life.checked(life.wire(life.examples.inputs))
    with pytest.raises(HostError, match=r"is still .* after [\d.]+ s; "):
        host.create(kind, inputs, timeout=1)
    assert host.kept is not None
    id, outputs = host.kept
    assert outputs["adopted"] is False
    assert outputs["__unfinished"] is True

    host.configure(emulator.settings)
    read_id, read, _ = host.read(kind, id, outputs)
    assert (read_id, read["__unfinished"]) == (id, True)
    assert host.diff(kind, id, read, inputs).changed
    with pytest.raises(HostError, match=r"is still .* after [\d.]+ s; "):
        host.update(kind, id, read, inputs, timeout=1)

    emulator.control("readiness", kind=work)
    finished = host.update(kind, id, read, inputs)
    assert "__unfinished" not in finished
    assert finished["status"] in ("ready", "Running", "Published")
    assert not host.diff(kind, id, finished, inputs).changed
    host.delete(kind, id, finished)
    assert host.read(kind, id, finished)[0] == (id if kind == "PipelinePublish" else "")  # publishes stay


def test_a_publish_that_fails_after_it_was_kept_can_be_replaced(
    host: PluginHost, emulator: Emulated, tmp_path: Path
) -> None:
    life = Life(host, "PipelinePublish", tmp_path)
    emulator.control("readiness", kind="publish", mode="never")
    inputs = life.checked(life.wire(life.examples.inputs))
    with pytest.raises(HostError, match="is still"):
        host.create("PipelinePublish", inputs, timeout=1)
    assert host.kept is not None
    id, outputs = host.kept
    emulator.control("readiness", kind="publish", mode="error")
    host.configure(emulator.settings)
    with pytest.raises(HostError, match=r"failed: .*--replace"):
        host.update("PipelinePublish", id, outputs, inputs)
    emulator.control("readiness", kind="publish")
    assert host.create("PipelinePublish", inputs)[0] != id


def test_a_change_of_an_object_whose_work_goes_on_waits_for_it_too(
    host: PluginHost, emulator: Emulated, tmp_path: Path
) -> None:
    life = Life(host, "ModelVersion", tmp_path)
    emulator.control("readiness", kind="model", mode="never")
    inputs = life.checked(life.wire(life.examples.inputs))
    with pytest.raises(HostError, match="is still"):
        host.create("ModelVersion", inputs, timeout=1)
    assert host.kept is not None
    id, outputs = host.kept
    edited = life.checked(life.wire({**life.examples.inputs, **life.examples.update}))
    host.configure(emulator.settings)
    with pytest.raises(HostError, match="is still"):
        host.update("ModelVersion", id, outputs, edited, timeout=1)
    emulator.control("readiness", kind="model")
    finished = host.update("ModelVersion", id, outputs, edited)
    assert (finished["status"], "__unfinished" in finished) == ("ready", False)
    assert finished["tensorFields"] == ["tensor"]


@pytest.mark.parametrize(("kind", "work"), [("ModelVersion", "model"), ("Orchestration", "orchestration")])
def test_an_adopted_object_whose_work_fails_stays(
    host: PluginHost, emulator: Emulated, tmp_path: Path, kind: str, work: str
) -> None:
    """Another user made it: the stack that waits for it deletes only what it made itself."""
    life = Life(host, kind, tmp_path)
    emulator.control("readiness", kind=work, mode="never")
    inputs = life.checked(life.wire(life.examples.inputs))
    for adopted in (False, True):  # the second is another stack's
        host.configure(emulator.settings)
        with pytest.raises(HostError, match="is still"):
            host.create(kind, inputs, timeout=1)
        assert host.kept is not None
        id, outputs = host.kept
        assert outputs["adopted"] is adopted
    host.configure(emulator.settings)
    emulator.control("readiness", kind=work, mode="error")
    with pytest.raises(HostError, match="stays"):
        host.update(kind, id, outputs, inputs)
    assert host.read(kind, id, outputs)[0] == id


def test_a_conversion_that_fails_leaves_nothing(host: PluginHost, emulator: Emulated, tmp_path: Path) -> None:
    emulator.control("readiness", kind="model", mode="error", message="bad file")
    life = Life(host, "ModelVersion", tmp_path)
    with pytest.raises(HostError, match="could not be converted"):
        host.create("ModelVersion", life.checked(life.wire(life.examples.inputs)))
    assert host.kept is None


# --- functions -----------------------------------------------------------------------------------------


def test_functions_answer_by_wire_names_and_mark_secrets(host: PluginHost, emulator: Emulated) -> None:
    inputs, _ = host.check("Connection", {"name": "lake", "type": "s3", "details": {"key": "k"}})
    host.create("Connection", inputs)
    found = host.invoke("getConnection", {"name": "lake"})
    assert (found["type"], found["details"]) == ("s3", {"key": "k"})
    assert host.secrets == {("details",)}
    user = host.invoke("getUser", {"email": "Mary.Jane@example.com"})
    assert user["userId"] == emulator.user_id("mary.jane@example.com")
    assert len(host.invoke("getUsers", {})["users"]) >= 3


@pytest.mark.parametrize(
    ("function", "arguments", "line"),
    [
        ("getConnection", {"name": "none"}, "connection 'none' does not exist or this user cannot see it"),
        ("getWorkspace", {}, "get_workspace: set exactly one of name and workspace_id"),
        ("getWorkspace", {"name": UNKNOWN}, "get_workspace: an argument is not known yet"),
        ("getTelescope", {}, "the package wallaroo has no function 'wallaroo:index:getTelescope'"),
    ],
)
def test_a_failed_function_is_one_line(
    host: PluginHost, function: str, arguments: dict[str, Any], line: str
) -> None:
    with pytest.raises(HostError, match=line) as failed:
        host.invoke(function, arguments)
    assert "\n" not in str(failed.value)


def test_the_schema_is_the_committed_one(process: PluginHost) -> None:
    schema = json.loads(process.call("GetSchema", provider_pb2.GetSchemaRequest()).schema)
    assert schema["name"] == "wallaroo"
    assert {f"wallaroo:index:{kind}" for kind in RESOURCES} <= schema["resources"].keys()


# --- errors, and the end -----------------------------------------------------------------------------------


def test_a_failure_is_one_line_of_ours(host: PluginHost, emulator: Emulated) -> None:
    emulator.control(
        "faults", path="/v1/api/workspaces/*", count=20, status=500, body={"msg": "out of memory"}
    )
    inputs, _ = host.check("Workspace", {"name": "fraud"})
    with pytest.raises(HostError, match="workspaces/list answered 500: out of memory") as caught:
        host.create("Workspace", inputs)
    assert "\n" not in str(caught.value)
    assert host.engine.lines == []


def test_an_unknown_type_is_one_line(host: PluginHost) -> None:
    with pytest.raises(HostError, match="this version of wallaroo_pulumi"):
        host.read("Telescope", "1")


def test_the_plugin_ends_with_the_engine() -> None:
    with PluginHost() as host:
        assert host.process.stdout is not None
        host.process.stdout.close()  # as when the engine is killed
        assert host.process.wait(10) == 1
