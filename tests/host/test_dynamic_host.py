"""What our code reads from, and changes in, Pulumi's dynamic host process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dynamic_host import DynamicHost, HostError, urn_of
from emulated import Emulated
from engine_double import EngineDouble
from probes import FaultyProvider, PrivateProbe, UrnProbe
from pulumi.runtime.proto import engine_pb2

from wallaroo_pulumi.adapters.dynamic_host import current_urn

pytestmark = pytest.mark.sdk_range

SUPPORT = Path(__file__).parents[1] / "support"

CALLS: dict[str, Callable[[DynamicHost, str], Any]] = {
    "check": lambda host, kind: host.check(kind, {}),
    "diff": lambda host, kind: host.diff(kind, "1", {}, {}),
    "create": lambda host, kind: host.create(kind, {}),
    "read": lambda host, kind: host.read(kind, "1"),
    "update": lambda host, kind: host.update(kind, "1", {}, {}),
    "delete": lambda host, kind: host.delete(kind, "1", {}),
}


def importable(*folders: Path) -> dict[str, str]:
    """The environment of a host that imports modules from these folders, and providers of the tests."""
    inherited = filter(None, [os.environ.get("PYTHONPATH")])
    return {"PYTHONPATH": os.pathsep.join([*map(str, folders), str(SUPPORT), *inherited])}


# --- the URN -----------------------------------------------------------------------------------------------


def test_every_call_has_the_urn_of_its_resource() -> None:
    with DynamicHost(env=importable(), provider=UrnProbe) as host:
        checked, _ = host.check("Workspace", {}, name="checked")
        assert checked == {
            "urn": urn_of("Workspace", "checked"),
            "configuredBy": urn_of("Workspace", "checked"),
        }
        assert host.diff("Workspace", "1", {}, {}, name="a").replaces == [urn_of("Workspace", "a")]
        assert host.create("Pipeline", {}, name="b")[1]["urn"] == urn_of("Pipeline", "b")
        assert host.read("User", "1", name="c")[1]["urn"] == urn_of("User", "c")
        assert host.update("User", "1", {}, {}, name="d")["urn"] == urn_of("User", "d")
        with pytest.raises(HostError, match=urn_of("User", "e")):
            host.delete("User", "1", {}, name="e")


def test_there_is_no_urn_in_other_threads_and_outside_the_host() -> None:
    with DynamicHost(env=importable(), provider=UrnProbe) as host:
        assert "inAnotherThread" not in host.create("Pipeline", {})[1]  # Pulumi drops what is None
    assert current_urn() is None


# --- private properties ------------------------------------------------------------------------------------


def test_every_call_receives_private_properties() -> None:
    one, two = {"__mark": "one", "name": "n"}, {"__mark": {"two": [2.0]}, "name": "n"}
    both = {"mark0": "one", "mark1": {"two": [2.0]}}
    with DynamicHost(env=importable(), provider=PrivateProbe) as host:
        assert host.check("Workspace", two, one)[0] == both
        assert host.diff("Workspace", "1", one, two).replaces == ["mark0", "mark1"]
        assert host.create("Workspace", one)[1] == {"mark0": "one"}
        assert host.read("Workspace", "1", one)[1] == {"mark0": "one"}
        assert host.update("Workspace", "1", one, two) == both
        with pytest.raises(HostError, match="mark0"):
            host.delete("Workspace", "1", one)


# --- errors ------------------------------------------------------------------------------------------------


@pytest.fixture
def engine() -> Iterator[tuple[EngineDouble, str]]:
    with EngineDouble() as engine:
        yield engine, engine.address


def failure(host: DynamicHost, call: str, kind: str) -> str:
    with pytest.raises(HostError) as caught:
        CALLS[call](host, kind)
    return str(caught.value)


@pytest.fixture(scope="module")
def faulty() -> Iterator[DynamicHost]:
    with DynamicHost(env=importable(), provider=FaultyProvider) as host:
        yield host


@pytest.mark.parametrize("call", CALLS)
def test_an_error_of_ours_is_its_own_line_and_nothing_else(faulty: DynamicHost, call: str) -> None:
    assert failure(faulty, call, "Object") == "workspace 'a'   is full"
    assert failure(faulty, call, "Configure") == "the settings are wrong"


@pytest.mark.parametrize("call", CALLS)
def test_a_file_error_names_operation_object_and_file(faulty: DynamicHost, call: str) -> None:
    assert failure(faulty, call, "File") == (
        f"{call} of File 'example': [Errno 13] Permission denied: 'model.onnx'"
    )


@pytest.mark.parametrize("call", CALLS)
def test_an_import_error_says_which_environment_lacks_what(faulty: DynamicHost, call: str) -> None:
    line = failure(faulty, call, "Import")
    assert line.startswith(f"{call} of Import 'example': wallaroo_pulumi cannot be loaded by /")
    assert line.endswith(
        "No module named 'no_such_module'; "
        "install wallaroo_pulumi with its dependencies in this Python environment"
    )


@pytest.mark.parametrize("call", CALLS)
def test_an_unexpected_exception_is_one_line_that_calls_it_a_bug(faulty: DynamicHost, call: str) -> None:
    line = failure(faulty, call, "Bug")
    assert line.startswith(f"{call} of Bug 'example': bug in wallaroo_pulumi ")
    assert line.endswith(
        "re-run with --debug to log the traceback, and report it to the maintainers of wallaroo_pulumi"
    )
    assert "(ValueError in probes.py:" in line
    assert "\n" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize("call", ["check", "create", "read", "update"])
def test_a_result_that_pulumi_cannot_serialise_shows_no_traceback(faulty: DynamicHost, call: str) -> None:
    line = failure(faulty, call, "Result")
    assert "Traceback" not in line
    assert (
        "unexpected input of type object" in line or "bug in wallaroo_pulumi" in line
    )  # before, since SDK 3.272


def test_the_traceback_of_a_bug_is_a_debug_message_without_values(engine: tuple[EngineDouble, str]) -> None:
    recorder, address = engine
    with DynamicHost(env=importable(), provider=FaultyProvider, engine=address) as host:
        failure(host, "create", "Bug")
        assert host.lines == []  # which Pulumi would show to every user
    [message] = recorder.logged
    assert message.severity == engine_pb2.DEBUG
    assert message.urn == urn_of("Bug")
    assert message.message.startswith("traceback of a bug in wallaroo_pulumi (most recent call last):\n")
    assert 'raise ValueError("the password' in message.message  # the source line, not the value
    assert message.message.index("KeyError") < message.message.index("ValueError\n")


def test_a_missing_dependency_is_one_line(emulator: Emulated, tmp_path: Path) -> None:
    for dependency in ("httpx", "pydantic"):
        (tmp_path / f"{dependency}.py").write_text(
            "raise ModuleNotFoundError(f'No module named {__name__!r}')"
        )
    with DynamicHost(emulator.settings, env=importable(tmp_path)) as host:
        for call in CALLS:
            line = failure(host, call, "Workspace")
            assert line.startswith(f"{call} of Workspace 'example': wallaroo_pulumi cannot be loaded by")
            assert "No module named" in line
            assert "\n" not in line
        assert host.lines == []


def test_wrong_settings_are_one_line(emulator: Emulated) -> None:
    with DynamicHost({"apiUrl": emulator.url}) as host:
        line = failure(host, "create", "Workspace")
        assert "wallaroo:password" in line
        assert "\n" not in line


def test_a_rejected_password_is_sent_once_whatever_the_number_of_resources(emulator: Emulated) -> None:
    with (
        DynamicHost(emulator.settings | {"password": "wrong-password"}) as host,
        ThreadPoolExecutor(4) as pool,
    ):
        lines = list(pool.map(lambda _: failure(host, "read", "Workspace"), range(12)))
    assert {"Keycloak rejects user 'ops@example.com'" in line for line in lines} == {True}
    assert [token["status"] for token in emulator.tokens()] == [401]


def test_a_rejected_login_of_a_refresh_points_to_the_configuration_in_the_state(emulator: Emulated) -> None:
    hint = "refresh and destroy use the configuration in the state"
    rotated = [{"password": "rotated"}, {"token": "rotated"}]
    for change in rotated:
        with DynamicHost(emulator.settings | change) as host:
            assert hint in failure(host, "read", "Workspace")
            with pytest.raises(HostError, match=hint):
                host.delete("Workspace", "1", {"workspaceId": 1, "name": "fraud"})
            with pytest.raises(HostError) as refused:
                host.create("Workspace", host.check("Workspace", {"name": "fraud"})[0])
            assert hint not in str(refused.value)  # of `pulumi up`, which uses the current one
    emulator.control("faults", path="/auth/*", count=50, status=503, body="<html>down")
    with DynamicHost(emulator.settings | {"maxRetries": "0"}) as host:
        assert hint not in failure(host, "read", "Workspace")


def test_state_of_a_newer_version_is_one_line_that_says_to_upgrade(emulator: Emulated) -> None:
    with DynamicHost(emulator.settings) as host:
        for call in CALLS:
            assert failure(host, call, "Telescope") == (
                "the kind 'Telescope' does not exist in this version of wallaroo_pulumi; upgrade the package"
            )


# --- resources that are only read --------------------------------------------------------------------------


def test_a_refresh_gives_inputs_to_managed_resources_only(emulator: Emulated) -> None:
    with DynamicHost(emulator.settings) as host:
        id, state = host.create("Workspace", host.check("Workspace", {"name": "fraud"})[0])
        assert host.read("Workspace", id, state)[2]["name"] == "fraud"
        # A resource read with `.get` has no inputs in the state. Policies recognise it by that.
        assert host.read("Workspace", id, state, inputs={})[1:] == (state, {})


def test_a_refresh_leaves_the_address_of_a_member_named_by_id_out_of_the_inputs(emulator: Emulated) -> None:
    with DynamicHost(emulator.settings) as host:
        _, workspace = host.create("Workspace", host.check("Workspace", {"name": "fraud"})[0])
        named = {"workspaceId": workspace["workspaceId"], "userId": emulator.user_id("mary.jane@example.com")}
        inputs, failures = host.check("WorkspaceMember", named)
        assert failures == {}
        id, state = host.create("WorkspaceMember", inputs)
        emulator.control(
            "change", kind="user", where={"email": "mary.jane@example.com"}, set={"email": "m@example.com"}
        )
    with DynamicHost(emulator.settings) as host:
        _, outputs, inputs = host.read("WorkspaceMember", id, state, inputs=inputs)
        assert outputs["email"] == "m@example.com"
        assert inputs.get("email") is None
        assert inputs["userId"] == outputs["userId"]
