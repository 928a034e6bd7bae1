"""Programs beyond declarations: unknown names, functions, `.get`, mocks, the Automation API, example stacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from emulated import Emulated
from pulumi_project import Project

ROOT = Path(__file__).parent.parent.parent

Make = Callable[[str], Project]


def test_a_name_that_is_unknown_until_another_resource_exists(project: Make, emulator: Emulated) -> None:
    made = project(
        """
        import pulumi
        import wallaroo_pulumi as wallaroo
        first = wallaroo.Workspace("first")
        second = wallaroo.Workspace("second", name=first.workspace_id.apply(lambda id: f"after-{id}"))
        lead = wallaroo.WorkspaceMember("lead", workspace_id=second.workspace_id, user_id=wallaroo.get_user_output(
            email=second.name.apply(lambda _: "mary.jane@example.com")).user_id)
        pulumi.export("second", second.name)
        pulumi.export("lead", lead.email)
        """
    )
    made.configure(emulator.settings)
    assert made.planned() == {"first": "create", "second": "create", "lead": "create"}
    made.up().ok()
    first = int(made.resources()["first"]["id"])
    assert made.outputs() == {"second": f"after-{first}", "lead": "mary.jane@example.com"}
    made.up("--expect-no-changes").ok()


@pytest.mark.sdk_range
def test_functions_see_what_the_same_run_made(project: Make, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "shared", "owner": "ops@example.com"}])
    made = project(
        """
        import pulumi
        import wallaroo_pulumi as wallaroo
        shared = wallaroo.get_workspace(name="shared")
        all_before = wallaroo.get_workspaces()
        ops = wallaroo.get_user(email="OPS@example.com")
        users = wallaroo.get_users()
        mine = wallaroo.Workspace("mine", name="mine")
        again = wallaroo.get_workspace_output(name=mine.workspace_id.apply(lambda _: "mine"))
        count = wallaroo.get_workspaces_output()
        pulumi.export("shared", shared.workspace_id)
        pulumi.export("before", [w.name for w in all_before.workspaces])
        pulumi.export("ops", ops.user_id)
        pulumi.export("users", len(users.users))
        pulumi.export("same", pulumi.Output.all(mine.workspace_id, again.workspace_id).apply(lambda a: a[0] == a[1]))
        pulumi.export("read", wallaroo.Workspace.get("read", str(shared.workspace_id)).name)
        pulumi.export("twins", pulumi.Output.all(count, wallaroo.get_users_output()).apply(
            lambda a: [len(a[0].workspaces) > 0, len(a[1].users)]))
        """
    )
    made.configure(emulator.settings)
    made.up().ok()
    outputs = made.outputs()
    assert outputs["shared"] == emulator.workspaces()["shared"]
    assert outputs["before"] == ["shared"]
    assert outputs["ops"] == emulator.user_id("ops@example.com")
    assert outputs["same"] is True
    assert outputs["read"] == "shared"
    assert outputs["twins"] == [True, outputs["users"]]


def test_a_lookup_that_fails_is_one_line(project: Make, emulator: Emulated) -> None:
    made = project(
        """
        import pulumi
        import wallaroo_pulumi as wallaroo

        def message(call):
            try:
                call()
            except Exception as error:
                return str(error)

        pulumi.export("messages", [message(call) for call in (
            lambda: wallaroo.get_workspace(name="none"),
            lambda: wallaroo.get_workspace(name="a", workspace_id=1),
            lambda: wallaroo.get_user(email="unknown@example.com"),
        )])
        """
    )
    made.configure(emulator.settings)
    made.up().ok()
    for message, told in zip(
        made.outputs()["messages"],
        (
            "workspace 'none' does not exist or this user cannot see it",
            "set exactly one of name and workspace_id",
            "the instance has no user with the e-mail address unknown@example.com",
        ),
        strict=True,
    ):
        assert told in message
        assert "\n" not in message
    for call, told in (
        ('get_user_output(email="unknown@example.com")', "unknown@example.com"),
        ('Workspace.get("x", "4711")', "does not exist"),
    ):
        made.write(f"import wallaroo_pulumi as wallaroo\nwallaroo.{call}\n")
        run = made.pulumi("preview")
        assert run.code != 0
        assert told in run.text


@pytest.mark.promise
@pytest.mark.sdk_range
def test_old_state_runs_todays_code(project: Make, emulator: Emulated) -> None:
    """The state refers to the provider's class by its path, so later changes of its contents have no effect."""
    made = project('import wallaroo_pulumi as wallaroo\nwallaroo.Workspace("fraud", name="fraud-prod")\n')
    made.configure(emulator.settings)
    made.up().ok()
    before = made.resources()["fraud"]["inputs"]["__provider"]
    changed = made.folder / "sitecustomize.py"
    changed.write_text(
        "import wallaroo_pulumi.resources.workspace as module\n"
        "def delete(self, ctx, id, known):\n"
        "    ctx.report('the new code deletes ' + known.name)\n"
        "module.Workspace.delete = delete\n"
    )
    env = {"PYTHONPATH": os.pathsep.join([str(made.folder), os.environ.get("PYTHONPATH", "")])}
    made.up("--expect-no-changes", env=env).ok()
    assert made.resources()["fraud"]["inputs"]["__provider"] == before
    run = made.pulumi("destroy", "--yes", "--skip-preview", env=env).ok()
    assert "the new code deletes fraud-prod" in run.text


def test_a_lookup_of_what_the_run_will_make_is_unknown_in_its_preview(
    project: Make, emulator: Emulated
) -> None:
    made = project(
        """
        import pulumi
        import wallaroo_pulumi as wallaroo
        mine = wallaroo.Workspace("mine", name="mine")
        again = wallaroo.get_workspace_output(name=mine.name)
        pulumi.export("same", pulumi.Output.all(mine.workspace_id, again.workspace_id).apply(lambda a: a[0] == a[1]))
        """
    )
    made.configure(emulator.settings)
    assert made.planned() == {"mine": "create"}
    made.up().ok()
    assert made.outputs() == {"same": True}
    assert made.planned() == {}


@pytest.mark.sdk_range
def test_names_are_given_below_parents_of_any_kind(project: Make, emulator: Emulated) -> None:
    """A component ends after its children, so a child's name must not wait for the component."""
    made = project(
        """
        import pulumi
        import wallaroo_pulumi as wallaroo
        team = pulumi.ComponentResource("acme:index:Team", "team")
        first = wallaroo.Workspace("auto", opts=pulumi.ResourceOptions(parent=team))
        second = wallaroo.Workspace("below", opts=pulumi.ResourceOptions(parent=first))
        pulumi.export("names", [first.name, second.name])
        """
    )
    made.configure(emulator.settings)
    assert made.planned().keys() >= {"auto", "below"}
    made.up().ok()
    names = made.outputs()["names"]
    assert [name[:-7] for name in names] == ["auto-", "below-"]
    assert set(emulator.workspaces()) == set(names)
    made.up("--expect-no-changes").ok()


def test_get_takes_the_id_as_a_number_too(project: Make, emulator: Emulated) -> None:
    emulator.control("seed", workspaces=[{"name": "shared", "owner": "ops@example.com"}])
    made = project(
        f"""
        import pulumi
        import wallaroo_pulumi as wallaroo
        mine = wallaroo.Workspace("mine", name="mine")
        pulumi.export("shared", wallaroo.Workspace.get("shared", {emulator.workspaces()["shared"]}).name)
        pulumi.export("mine", wallaroo.Workspace.get("again", mine.workspace_id).name)
        """
    )
    made.configure(emulator.settings)
    made.up().ok()
    assert made.outputs() == {"shared": "shared", "mine": "mine"}


@pytest.mark.sdk_range
def test_the_options_of_pulumi_name_properties_as_programs_do(project: Make, emulator: Emulated) -> None:
    program = """
        import pulumi
        import wallaroo_pulumi as wallaroo
        wallaroo.Workspace("fraud", name="fraud-prod", force_destroy=False,
            opts=pulumi.ResourceOptions(ignore_changes=["force_destroy"]))
    """
    made = project(program)
    made.configure(emulator.settings)
    made.up().ok()
    made.write(program.replace("False", "True"))
    assert made.planned() == {}


def test_quickstart(engine_env: dict[str, str], tmp_path: Path, emulator: Emulated) -> None:
    quickstart = Project.copy(ROOT / "stacks/quickstart", tmp_path / "quickstart", engine_env)
    quickstart.configure(emulator.settings)
    quickstart.up().ok()
    id = quickstart.outputs()["workspace_id"]
    assert emulator.members(id)["mary.jane@example.com"] == "OWNER"
    quickstart.up("--expect-no-changes").ok()


def test_the_estate_file_of_the_configuration(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    estate = Project.copy(ROOT / "stacks/estate", tmp_path / "estate", engine_env)
    estate.configure(emulator.settings)
    estate.up().ok()
    assert set(estate.outputs()["workspaces"]) == {"fraud-prod", "fraud-staging", "churn-research"}
    (estate.folder / "mine.yaml").write_text(
        "workspaces:\n  mine:\n    members: {ada@example.com: OWNER}\nusers:\n  ada@example.com: {}\n"
    )
    estate.configure({"file": "mine.yaml"}, namespace="wallaroo-estate")
    plan = estate.planned()
    assert plan["mine"] == "create"
    assert plan["fraud-prod"] == "delete"
    estate.up().ok()
    assert emulator.members(estate.outputs()["workspaces"]["mine"])["ada@example.com"] == "OWNER"
    (estate.folder / "mine.yaml").write_text("workspaces:\n  mine:\n    colour: red\n")
    run = estate.pulumi("preview")
    assert run.code != 0
    assert "mine.yaml, line 3, workspaces.mine.colour: is not a key" in run.text
    assert "Traceback" not in run.text


def python_blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.mark.promise
@pytest.mark.sdk_range
def test_the_program_of_the_readme(project: Make, emulator: Emulated) -> None:
    made = project(python_blocks("README.md")[0])
    made.configure(emulator.settings)
    made.up().ok()
    assert made.outputs()["fraud_id"] == emulator.workspaces()["fraud-prod"]
    made.up("--expect-no-changes").ok()


@pytest.mark.sdk_range
@pytest.mark.parametrize(("workspace_id", "outcome"), [("12", "1 passed"), ("13", "1 failed")])
def test_the_mocks_of_the_docs(tmp_path: Path, workspace_id: str, outcome: str) -> None:
    text = python_blocks("docs/testing.md")[0].replace("id == 12", f"id == {workspace_id}")
    (tmp_path / "test_stack.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(tmp_path / "test_stack.py"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert outcome in ran.stdout


@pytest.mark.sdk_range
def test_the_automation_program_of_the_docs(
    engine_env: dict[str, str], tmp_path: Path, emulator: Emulated
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "deploy.py").write_text(
        python_blocks("docs/testing.md")[1] + f"\nprint(deploy({emulator.url!r}, {str(state)!r}))\n"
    )
    ran = subprocess.run(
        [sys.executable, "deploy.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=engine_env,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) == emulator.workspaces()["fraud-prod"]


def test_a_relative_ca_bundle_is_the_same_file_in_program_host_and_commands(
    project: Make, emulator: Emulated
) -> None:
    """The programs have different working directories."""
    stack = project("")
    src = stack.folder / "src"
    src.mkdir()
    (stack.folder / "Pulumi.yaml").write_text("name: estate\nruntime: python\nmain: src/\n")
    stack.configure(emulator.settings | {"caBundle": "certs/ca.pem", "validate": "true"})
    missing = f"{stack.folder}/certs/ca.pem"
    for program in ('w.get_workspace(name="fraud")', 'w.Workspace("fraud", name="fraud-prod")'):
        (src / "__main__.py").write_text(f"import wallaroo_pulumi as w\n{program}\n")
        run = stack.pulumi("preview")
        assert run.code != 0
        assert missing in run.text
    doctor = subprocess.run(
        [sys.executable, "-m", "wallaroo_pulumi", "doctor"],
        cwd=src,
        env=stack.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode == 1
    assert missing in doctor.stderr


def test_variables_of_another_instance_do_not_redirect_a_configured_stack(
    project: Make, emulator: Emulated, other_instance: Emulated
) -> None:
    """Without address and account. A misspelt key is reported once."""
    stack = project('import wallaroo_pulumi as w; w.Workspace("fraud", name="fraud-prod")')
    stack.configure(emulator.settings | {"keycloakURL": other_instance.url})
    token = other_instance.bearer()["authorization"].removeprefix("Bearer ")
    other_instance.forget_requests()
    shell = {
        "WALLAROO_API_URL": other_instance.url,
        "WALLAROO_KEYCLOAK_URL": other_instance.url,
        "WALLAROO_REALM": "elsewhere",
        "WALLAROO_TOKEN": token,
        "WALLAROO_AUTH": "token",
    }
    run = stack.up(env=shell).ok()
    _, _, diagnostics = run.text.partition("Diagnostics:")
    assert diagnostics.count("wallaroo:keycloakURL is not a setting; did you mean wallaroo:keycloakUrl") == 1
    assert {request["user"] for request in emulator.requests()} == {"ops@example.com"}
    assert other_instance.requests("/") == []


def test_mocks_may_make_up_ids_and_preview(tmp_path: Path) -> None:
    (tmp_path / "test_stack.py").write_text(
        """
import pulumi

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name + "_id", args.inputs

    def call(self, args):
        return {"workspaceId": 7, "name": args.args["name"], "modelIds": [1]}

pulumi.runtime.set_mocks(Mocks(), preview=True)

import wallaroo_pulumi as wallaroo

@pulumi.runtime.test
def test_stack():
    fraud = wallaroo.Workspace("fraud", name="fraud-prod")
    wallaroo.WorkspaceMember("lead", workspace_id=fraud.workspace_id, email="ada@example.com")
    found = wallaroo.get_workspace(name="shared")
    assert repr((found.workspace_id, found.model_ids)) == "(7, [1])"
    return fraud.name.apply(lambda name: name)
"""
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_stack.py"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stdout
