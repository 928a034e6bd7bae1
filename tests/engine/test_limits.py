"""Each row of the tables in docs/limits.md is proved by a test, or links to Pulumi's documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from example_files import example_files, orchestration_file
from lives import Life
from pulumi_project import Project, Run
from workbench import Workbench

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN_TEXT
from wallaroo_pulumi.resources import RESOURCES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/limits.md"

Make = Callable[..., Project]

SHOWN_BY = {
    "A workspace is never deleted": "test_destroy_leaves_the_workspaces_and_the_next_up_takes_them_over",
    "`deleted_with=": "test_deleted_with_a_workspace_leaves_what_is_in_it",
    "A user is never deleted": "test_an_account_is_deactivated_and_adopted_again",
    "A name used by a workspace that the caller cannot see": "test_a_name_that_is_taken_unseen",
    "A `User` of an existing account": "test_adopted_objects_are_left_as_they_were_found",
    "An object whose create was interrupted": "test_an_object_whose_create_was_interrupted_counts_as_adopted",
    "An adopted pipeline or model version": "test_an_adopted_pipeline_keeps_the_steps_that_the_stack_gave_it",
    "Two instances with the same accounts": "test_another_workspace_under_the_recorded_id_is_refused",
    "The password that the instance generates": "test_a_password_that_the_instance_makes_is_kept",
    "`wallaroo:validate` does not find": "test_what_no_call_tells_in_advance_is_told_by_up",
    "The user who runs Pulumi": "test_the_user_who_runs_pulumi_stays_a_member",
    "Where an instance rejects GraphQL, `tags`": (
        "test_where_graphql_is_rejected_tags_fail_before_anything_is_created"
    ),
    "A tag that no object": "test_tags_are_attached_detached_and_never_deleted",
    "Every user who may list connections": "test_get_connection_and_its_twin",
    "A connection can only be replaced": "test_details_are_replaced_old_first_and_the_use_follows",
    "A model registry is never deleted": (
        "test_destroy_leaves_a_registry_of_no_workspace_and_the_next_up_takes_it_over"
    ),
    "Where an instance rejects GraphQL, a refresh": (
        "test_without_graphql_an_engine_configuration_that_was_changed_by_hand_is_not_found"
    ),
    "A refresh compares only": "test_engine_settings_that_the_program_leaves_to_the_instance_are_no_drift",
    "A changed configuration of a model version": "test_a_configuration_is_changed_in_place_and_taken_back",
    "A model version from a registry": "test_a_version_of_a_registry_is_never_adopted",
    "A model version with the same name": "test_the_same_content_is_not_uploaded_twice",
    "Where an instance rejects GraphQL, `version_id`": (
        "test_a_deployment_of_a_version_that_was_found_goes_by_its_uuid"
    ),
    "A killed task": "test_life",
    "A publish is never deleted": "test_deleting_leaves_the_publish_and_the_same_one_is_taken_over_again",
    "The join token": "test_the_join_token_is_told_once_and_kept",
    "Removing an edge": "test_removing_an_edge_reaches_the_instance_only",
    "An assay is never deleted": "test_deleting_deactivates_and_the_same_definition_activates_again",
    "Where an instance rejects GraphQL, a pipeline version": (
        "test_a_version_that_is_known_by_its_uuid_alone_needs_an_earlier_publish"
    ),
    "`task/run_once`": "test_no_resource_acts_once_and_what_does_leaves_nothing_to_manage",
    "Files of models and orchestrations cannot": "test_models_whose_files_are_at_hand_go_round_with_their_pipelines",
    "`wallaroo-pulumi drift` does not list publishes": "test_what_was_added_by_hand_in_a_workspace_of_the_stack",
    "Integers beyond": "test_a_number_that_pulumi_cannot_keep_exactly_is_skipped_with_its_reason",
    "`pulumi import`": "test_import_fails",
    "A run that creates or deletes": "test_the_stack_of_the_first_resource_is_exported_once",
    "At most four calls": "test_four_calls_run_at_a_time",
    "`custom_timeouts`": "test_custom_timeouts_are_recorded_and_not_enforced",
    "`replace_on_changes`": "test_replace_on_changes_has_no_effect",
    "A plan as JSON": "test_a_plan_has_no_detailed_diff",
    "The plan of a refresh": "test_a_refresh_does_not_show_that_a_secret_changed",
    "In the preview of an update": "test_what_the_id_tells_stays_known_in_the_preview_of_an_update",
    "A preview does not detect": "test_what_the_instance_would_refuse_is_found_in_preview_at_the_property",
    "A program with lookups": "test_a_preview_of_a_lookup_asks_the_instance",
    "After a failed check": "test_the_line_of_ours_is_complete",
    "Deleting needs this package": "test_without_the_package_nothing_is_deleted_or_lost",
    "Two explicit providers of the same instance": (
        "test_an_explicit_native_provider_has_entries_of_its_own_and_all_others_share_theirs"
    ),
    "In a preview, resources of a provider": "test_a_provider_whose_address_is_not_known_yet_is_shown_as_declared",
    "In other languages than Python, a preview": "test_duplicates_are_found_once_their_names_are_known",
    "The addresses, connections and model options": "test_what_decides_the_resources_must_be_known",
    "The settings in a program": "test_a_misspelt_setting_is_a_warning",
    "Refresh and destroy use the configuration": "test_a_refresh_after_a_rotation_needs_an_up_or_the_program",
}
"""The beginning of each table row, and the test that proves it."""


def rows() -> list[str]:
    lines = PAGE.read_text().splitlines()
    return [line.strip("| ") for line in lines if line.startswith("| ") and not line.startswith("| limit ")]


@pytest.mark.promise
def test_every_row_is_proved_by_a_test_or_links_to_pulumis_documentation() -> None:
    tests = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert set(SHOWN_BY.values()) <= tests
    shown = {row: [begin for begin in SHOWN_BY if row.startswith(begin)] for row in rows()}
    unshown = [
        row for row, begins in shown.items() if not begins and "https://www.pulumi.com/docs/" not in row
    ]
    assert unshown == []
    assert {begin for begins in shown.values() for begin in begins} == set(SHOWN_BY)


# --- Wallaroo's API --------------------------------------------------------------------------------------


@pytest.fixture
def made(project: Make, emulator: Emulated) -> Make:
    """Return a function that creates a stack from declarations and runs `pulumi up`."""

    def make(*declarations: str) -> Project:
        stack = project("")
        stack.configure(emulator.settings)
        declare(stack, *declarations)
        stack.up().ok()
        return stack

    return make


def declare(stack: Project, *declarations: str) -> None:
    header = "import pulumi\nimport wallaroo_pulumi as wallaroo\nfrom pulumi import ResourceOptions\n"
    stack.write(header + "\n".join(declarations))


def enabled(emulator: Emulated, email: str) -> bool:
    users = emulator.api("users/query")["users"]
    return bool(users[emulator.user_id(email)]["enabled"])


MARY = 'wallaroo.User("mary", email="mary.jane@example.com"'


def test_an_account_is_deactivated_and_adopted_again(made: Make, emulator: Emulated) -> None:
    stack = made('wallaroo.User("ada", email="ada@example.com")')
    id = emulator.user_id("ada@example.com")
    stack.destroy().ok()
    assert not enabled(emulator, "ada@example.com")
    stack.up().ok()
    assert enabled(emulator, "ada@example.com")
    assert emulator.user_id("ada@example.com") == id


def test_deleted_with_a_workspace_leaves_what_is_in_it(made: Make, emulator: Emulated) -> None:
    stack = made(
        'w = wallaroo.Workspace("w", name="w")',
        'mary = {"workspace_id": w.workspace_id, "email": "mary.jane@example.com"}',
        'wallaroo.WorkspaceMember("mary", **mary, opts=ResourceOptions(deleted_with=w))',
    )
    stack.destroy().ok()
    assert stack.resources() == {}
    assert "mary.jane@example.com" in emulator.members(emulator.workspaces()["w"])


def test_an_object_whose_create_was_interrupted_counts_as_adopted(emulator: Emulated) -> None:
    with Workbench(emulator) as bench:
        bench.create("User", email="ada@example.com")
        bench.new_process()
        id, user = bench.create("User", email="ada@example.com")
        assert user["adopted"]
        bench.delete("User", (id, user))
        assert enabled(emulator, "ada@example.com")


def test_an_adopted_pipeline_keeps_the_steps_that_the_stack_gave_it(emulator: Emulated) -> None:
    with Workbench(emulator) as bench:
        place = {"workspace_id": bench.workspace()}
        bench.pipeline_version(place["workspace_id"], "scores")
        step = {"modelInference": {"models": [{"name": "m", "version": UNKNOWN_TEXT, "sha": "0" * 64}]}}
        adopted = bench.create("Pipeline", **place, name="scores", steps=[])
        bench.delete("Pipeline", bench.update("Pipeline", adopted, **place, name="scores", steps=[step]))
        left = bench.read("Pipeline", adopted[0])
        assert left is not None
        assert left["steps"] == [step]


def test_an_account_that_is_retained_stays_active(made: Make, emulator: Emulated) -> None:
    stack = made(f"{MARY}, opts=ResourceOptions(retain_on_delete=True))")
    stack.destroy().ok()
    assert stack.resources() == {}
    assert enabled(emulator, "mary.jane@example.com")


def test_a_name_that_is_taken_unseen(project: Make, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "theirs", "owner": "mary.jane@example.com"}])
    stack = project("")
    stack.configure({**emulator.settings, "validate": "true"})
    declare(stack, 'wallaroo.Workspace("theirs", name="theirs")')
    stack.pulumi("preview").ok()
    told(stack.up(), "if the name 'theirs' is taken by a workspace that this user cannot see")


def test_a_password_that_the_instance_makes_is_kept(made: Make) -> None:
    stack = made(
        'ada = wallaroo.User("ada", email="ada@example.com")', 'pulumi.export("p", ada.initial_password)'
    )
    assert stack.outputs() == {"p": "[secret]"}
    password = shown_password(stack)
    assert password
    assert password not in stack.export()
    stack.refresh("--expect-no-changes").ok()
    assert shown_password(stack) == password


def shown_password(stack: Project) -> str:
    return str(json.loads(stack.pulumi("stack", "output", "--json", "--show-secrets").ok().out)["p"])


def test_the_user_who_runs_pulumi_stays_a_member(made: Make, emulator: Emulated) -> None:
    member = (
        'wallaroo.WorkspaceMember("me", workspace_id=ws.workspace_id, email="ops@example.com", role="OWNER",'
        " delete_adopted=True)"
    )
    workspace = 'ws = wallaroo.Workspace("ws", name="ws")'
    stack = made(workspace, member)
    declare(stack, workspace)
    run = stack.up().ok()
    assert "stays a member: this is the user who runs Pulumi" in run.text
    assert emulator.members(emulator.workspaces()["ws"]) == {"ops@example.com": "OWNER"}


def test_what_no_call_tells_in_advance_is_told_by_up(project: Make, emulator: Emulated) -> None:
    stack = project("")
    stack.configure({**emulator.settings, "validate": "true"})
    refusal = {"msg": "license user limit", "code": 403}
    emulator.control("faults", path="/v1/api/users/invite", status=403, body=refusal, count=9)
    for declaration, reason in (
        ('User("ada", email="ada@example.com")', "the licence's limit of users may be reached"),
        ('PipelinePublish("p", pipeline_version_id=4711, models=[])', "pipelines/publish answered 500"),
    ):
        declare(stack, f"wallaroo.{declaration}")
        stack.pulumi("preview").ok()
        told(stack.up(), reason)


def called_by_lives(emulator: Emulated, folder: Path) -> set[str]:
    """The paths that the lives of all resources call, from the first to the last."""
    called = set()
    for kind, resource in RESOURCES.items():
        emulator.control("reset")
        life = Life(emulator, kind, example_files(folder))
        with closing(life):
            life.make_needs()
            life.create()
            if resource.examples.update:
                life.update()
            life.delete()
        called |= {request["path"] for request in emulator.requests("/")}
    return called


def test_no_resource_acts_once_and_what_does_leaves_nothing_to_manage(
    emulator: Emulated, tmp_path: Path
) -> None:
    called = called_by_lives(emulator, tmp_path)
    assert "/v1/api/task/run_continuously" in called or "/v1/api/task/run_scheduled" in called
    assert not [path for path in called if re.search("run_once|infer|preview|interactive", path)]
    emulator.control("reset")
    with Workbench(emulator) as bench:
        place = {"workspace_id": bench.workspace()}
        orchestration, _ = bench.create(
            "Orchestration", **place, name="code", path=str(orchestration_file(tmp_path))
        )
        emulator.control("readiness", kind="task_run", mode="at_once")
        once = emulator.api("task/run_once", **place, orch_id=orchestration, name="scores", json={})["id"]
        states = [emulator.api("task/get_by_id", id=once)["status"] for _ in range(2)]
        assert states == ["started", "success"], "it ends by itself"
        task = bench.create("Task", **place, orchestration_id=orchestration, name="scores")
        assert task[0] != once, "there is nothing to take over"


def test_without_graphql_an_engine_configuration_that_was_changed_by_hand_is_not_found(
    emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control("faults", path="/v1/graphql", status=403, body="<html></html>", count=100)
    with Workbench(emulator) as bench:
        place = {"workspace_id": bench.workspace()}
        (tmp_path / "m.onnx").write_bytes(b"a model")
        _, model = bench.create(
            "ModelVersion", **place, name="m", path=str(tmp_path / "m.onnx"), framework="onnx"
        )
        ref = {"name": "m", "version": model["version"], "sha": model["sha256"]}
        _, pipeline = bench.create(
            "Pipeline", **place, name="p", steps=[{"ModelInference": {"models": [ref]}}]
        )
        id, deployment = bench.create(
            "Deployment", **place, pipeline_name="p", pipeline_version_id=pipeline["versionId"], models=[ref]
        )
        emulator.api(
            "pipelines/deploy",
            deploy_id="p",
            pipeline_id=pipeline["pipelineId"],
            pipeline_version_pk_id=pipeline["versionId"],
            models=[ref],
            engine_config={"engine": {"cpu": 2, "replicas": 3}},
        )
        bench.new_process()
        assert bench.read("Deployment", id, deployment) == deployment
        emulator.api("pipelines/undeploy", pipeline_id=pipeline["pipelineId"])
        assert bench.read("Deployment", id, deployment) is None


def test_removing_an_edge_reaches_the_instance_only(emulator: Emulated) -> None:
    with Workbench(emulator) as bench:
        version = bench.pipeline_version(bench.workspace())
        _, publish = bench.create("PipelinePublish", pipeline_version_id=version, models=[])
        edge = bench.create("Edge", publish_id=publish["publishId"], name="shop")
        emulator.forget_requests()
        bench.delete("Edge", edge)
        assert emulator.endpoints()[-1] == "pipelines/remove_edge"


# --- Pulumi's dynamic providers --------------------------------------------------------------------------


def told(run: Run, *parts: str) -> None:
    """Assert that the run failed and that one line of its output contains all parts."""
    assert run.code != 0
    assert [line for line in run.text.splitlines() if all(part in line for part in parts)], run.text


FRAUD = 'ws = wallaroo.Workspace("fraud", name="fraud-prod"{})'
LEAD = 'wallaroo.WorkspaceMember("lead", workspace_id=ws.workspace_id, email="mary.jane@example.com"{})'


@pytest.mark.sdk_range
def test_import_fails(made: Make, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "fraud-prod", "owner": "ops@example.com"}])
    stack = made()
    token = "pulumi-python:dynamic/wallaroo:Workspace"
    told(stack.pulumi("import", "--yes", token, "fraud", "1"), "__provider")
    declare(stack, FRAUD.format(', opts=ResourceOptions(import_="1")'))
    told(stack.up(), "__provider")
    declare(stack, 'pulumi.export("name", wallaroo.Workspace.get("fraud", "1").name)')
    stack.up().ok()
    assert stack.outputs() == {"name": "fraud-prod"}
    declare(stack, FRAUD.format(""))
    stack.up().ok()
    assert stack.resources()["fraud"]["id"] == "1"


MEETING = """
import threading
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

TABLE = threading.Barrier(PEOPLE, timeout=TIMEOUT)


class Provider(ResourceProvider):
    def create(self, props):
        try:
            TABLE.wait()
        except threading.BrokenBarrierError:
            return CreateResult("alone", {})
        return CreateResult("met", {})


class Guest(Resource, name="Guest"):
    pass
"""


@pytest.mark.parametrize(("people", "end"), [(4, "met"), (5, "alone")])
def test_four_calls_run_at_a_time(project: Make, people: int, end: str) -> None:
    stack = project(
        f"import meeting\nfor n in range({people}):\n    meeting.Guest(meeting.Provider(), f'g{{n}}', {{}})\n"
    )
    timeout = 60 if end == "met" else 2
    (stack.folder / "meeting.py").write_text(
        MEETING.replace("PEOPLE", str(people)).replace("TIMEOUT", str(timeout))
    )
    stack.up("--parallel", "16").ok()
    state = json.loads(stack.export())["deployment"]["resources"]
    assert {r["id"] for r in state if r["type"].endswith(":Guest")} == {end}


@pytest.mark.sdk_range
def test_custom_timeouts_are_recorded_and_not_enforced(made: Make, emulator: Emulated) -> None:
    stack = made()
    declare(stack, FRAUD.format(', opts=ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1s"))'))
    emulator.control("latency", seconds=1.1)
    stack.up().ok()
    assert stack.resources()["fraud"]["customTimeouts"] == {"create": 1}


def test_replace_on_changes_has_no_effect(made: Make) -> None:
    always = ', opts=ResourceOptions(replace_on_changes=["role"])'
    stack = made(FRAUD.format(""), LEAD.format(always))
    declare(stack, FRAUD.format(""), LEAD.format(f', role="OWNER"{always}'))
    assert stack.planned() == {"lead": "update"}


def test_a_plan_has_no_detailed_diff(made: Make) -> None:
    stack = made(FRAUD.format(""), LEAD.format(""))
    declare(stack, FRAUD.format(""), LEAD.format(', role="OWNER"'))
    (step,) = [s for s in stack.preview()["steps"] if s["op"] == "update"]
    assert step["detailedDiff"] is None
    roles = [step[state]["inputs"]["role"] for state in ("oldState", "newState")]
    assert roles == ["COLLABORATOR", "OWNER"]


def test_a_refresh_does_not_show_that_a_secret_changed(made: Make, emulator: Emulated) -> None:
    stack = made('wallaroo.Connection("c", name="c", type="s3", details={"key": "hush"})')
    (found,) = emulator.api("connections/list")["connections"]
    emulator.api("connections/delete", name="c")
    changed = {"name": "c", "type": "s3", "id": found["id"], "details": {"key": "other"}}
    emulator.control("seed", connections=[changed])
    plan = json.loads(stack.pulumi("refresh", "--preview-only", "--json").ok().out)
    (step,) = [s for s in plan["steps"] if s["urn"].endswith("::c")]
    assert step["oldState"]["outputs"] == step["newState"]["outputs"]
    assert step["oldState"]["outputs"]["details"] == "[secret]"


def test_what_the_id_tells_stays_known_in_the_preview_of_an_update(made: Make) -> None:
    dependents = (
        'made_at = ws.created_at.apply(lambda at: f"since {at}")',
        'wallaroo.User("ada", email="ada@example.com", first_name=made_at)',
        LEAD.format(""),
    )
    stack = made(FRAUD.format(""), *dependents)
    declare(stack, FRAUD.format(", force_destroy=True"), *dependents)
    steps: list[dict[str, Any]] = stack.preview()["steps"]
    changed = {s["urn"].rpartition("::")[2]: s["newState"]["inputs"] for s in steps if s["op"] == "update"}
    assert set(changed) == {"fraud", "ada"}, "the member, whose workspace_id stays known, is not among them"
    assert changed["ada"]["firstName"] == UNKNOWN_TEXT
    stack.up().ok()
    assert stack.changes() == {"update": 1, "same": 3}


def test_a_preview_of_a_lookup_asks_the_instance(made: Make, emulator: Emulated) -> None:
    stack = made(FRAUD.format(""))
    for lookup in ('wallaroo.get_workspace(name="fraud-prod")', 'wallaroo.Workspace.get("read", "1")'):
        declare(stack, FRAUD.format(""), lookup)
        emulator.forget_requests()
        stack.pulumi("preview").ok()
        assert set(emulator.endpoints()) == {"workspaces/list"}


@pytest.mark.sdk_range
def test_a_check_that_fails_on_a_secret_does_not_show_it(made: Make) -> None:
    stack = made()
    for declaration, line in (
        ('Connection("c", name="c", type="s3", details="hush-hush")', "details: must be an object"),
        ('ModelRegistry("r", name="r", url=pulumi.Output.secret("hush-hush"), token="x")', "url: "),
    ):
        declare(stack, f"wallaroo.{declaration}")
        run = stack.pulumi("preview")
        told(run, line)
        assert "hush-hush" not in run.text


@pytest.mark.sdk_range
def test_the_line_of_ours_is_complete(made: Make) -> None:
    stack = made()
    declare(stack, 'wallaroo.WorkspaceMember("m", workspace_id=4711, email="mary.jane@example.com")')
    told(stack.up(), "error: workspace 4711 does not exist", "check workspace_id")


WITHOUT_THE_PACKAGE = """
import sys


class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "wallaroo_pulumi":
            raise ModuleNotFoundError(f"No module named {name!r}")


sys.meta_path.insert(0, Hidden())
"""


def test_without_the_package_nothing_is_deleted_or_lost(made: Make, emulator: Emulated) -> None:
    stack = made('wallaroo.Connection("c", name="c", type="s3", details={})')
    (stack.folder / "sitecustomize.py").write_text(WITHOUT_THE_PACKAGE)
    run = stack.pulumi("destroy", "--yes", "--skip-preview", env={"PYTHONPATH": str(stack.folder)})
    told(run, "No module named 'wallaroo_pulumi'")
    assert list(stack.resources()) == ["c"]
    assert len(emulator.api("connections/list")["connections"]) == 1
    stack.destroy().ok()
    assert emulator.api("connections/list")["connections"] == []


def test_a_refresh_after_a_rotation_needs_an_up_or_the_program(made: Make, emulator: Emulated) -> None:
    deploy = {"username": "deploy@example.com", "password": "rotated-away"}
    emulator.control(
        "seed", users=[{"email": "deploy@example.com", "password": "rotated-away", "is_admin": True}]
    )
    stack = made(
        'ws = wallaroo.Workspace("fraud", name="fraud-prod")',
        'wallaroo.WorkspaceMember("ops", workspace_id=ws.workspace_id, email="ops@example.com", role="OWNER")',
    )
    stack.configure(emulator.settings | deploy)
    stack.up().ok()
    emulator.control("change", kind="user", where={"email": "deploy@example.com"}, set={"enabled": False})
    stack.configure(emulator.settings)
    for refused in (stack.refresh(), stack.destroy()):
        assert refused.code != 0
        assert "refresh and destroy use the configuration in the state" in refused.text
    assert set(stack.resources()) == {"fraud", "ops"}
    stack.refresh("--run-program").ok()
    stack.up().ok()
    stack.refresh().ok()
