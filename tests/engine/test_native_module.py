"""Programs that import ``wallaroo_pulumi.native``: explicit providers, functions, names and errors."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import pytest
from emulated import Emulated
from native_program import natives, use_plugin
from pulumi_project import Project

from wallaroo_pulumi.adapters import plugin

TWO_INSTANCES = """
    import pulumi
    import wallaroo_pulumi.native as wallaroo

    config = pulumi.Config("estate")

    def provider(name):
        return wallaroo.Provider(
            name, api_url=config.require(name), username="ops@example.com", password="ops-password",
            client_secret="api-client-secret", timeout=20, max_retries=3,
        )

    first, second = provider("first"), provider("second")
    own = wallaroo.Workspace("fraud", name="fraud-prod", opts=pulumi.ResourceOptions(provider=first))
    wallaroo.Workspace(
        "fraud-two", name="fraud-prod", adopt=wallaroo.Adopt.NEVER, opts=pulumi.ResourceOptions(provider=second)
    )
    found = wallaroo.get_workspace_output(name="shared", opts=pulumi.InvokeOptions(provider=second))
    made = wallaroo.get_workspace_output(name=own.name, opts=pulumi.InvokeOptions(provider=first))
    wallaroo.WorkspaceMember(
        "reader", workspace_id=found.workspace_id, email="mary.jane@example.com",
        opts=pulumi.ResourceOptions(provider=second),
    )
    pulumi.export("shared", found.workspace_id)
    pulumi.export("made", made.workspace_id)
    """


@pytest.mark.sdk_range
def test_two_providers_of_the_module_serve_two_instances(
    project: Callable[[str], Project], emulator: Emulated, other_instance: Emulated
) -> None:
    made = use_plugin(project(TWO_INSTANCES))
    made.configure({"first": emulator.url, "second": other_instance.url}, namespace="estate")
    made.up().ok()
    own, other = emulator.workspaces(), other_instance.workspaces()
    assert made.outputs() == {"shared": other["shared"], "made": own["fraud-prod"]}
    assert other_instance.members(other["shared"])["mary.jane@example.com"] == "COLLABORATOR"
    assert "ops-password" not in made.export()
    made.up().ok()
    assert set(made.changes()) == {"same"}


@pytest.mark.sdk_range
@pytest.mark.parametrize(
    ("declaration", "line"),
    [
        (
            'wallaroo.get_workspace(name="missing")',
            "workspace 'missing' does not exist or this user cannot see it",
        ),
        (
            'pulumi.export("x", wallaroo.get_user_output(email=pulumi.Output.from_input("x@example.com")).user_id)',
            "the instance has no user with the e-mail address x@example.com",
        ),
        ("wallaroo.get_user()", "get_user: set exactly one of email and user_id"),
        ('wallaroo.get_connection(b"lake")', "get_connection: name cannot be a value of type bytes"),
    ],
)
def test_a_failed_lookup_is_one_line(
    project: Callable[[str], Project], emulator: Emulated, declaration: str, line: str
) -> None:
    made = use_plugin(project(f"import pulumi\nimport wallaroo_pulumi.native as wallaroo\n{declaration}\n"))
    made.configure(emulator.settings)
    failed = made.up()
    assert failed.code != 0
    assert line in failed.text
    assert "Traceback" not in failed.text


def test_a_preview_finds_two_resources_of_one_object_that_is_not_known_yet(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    made = use_plugin(
        project(
            """
    import wallaroo_pulumi.native as wallaroo
    ws = wallaroo.Workspace("ws", name="houses")
    mary = dict(workspace_id=ws.workspace_id, email="mary.jane@example.com")
    wallaroo.WorkspaceMember("mary", **mary)
    wallaroo.WorkspaceMember("elsewhere", workspace_id=1, email="mary.jane@example.com")
    wallaroo.WorkspaceMember("again", **mary, role="OWNER")
    """
        )
    )
    made.configure(emulator.settings)
    run = made.pulumi("preview")
    assert run.code != 0
    assert "declares a WorkspaceMember with the same inputs; declare it once" in run.text
    assert "Traceback" not in run.text
    assert emulator.requests() == []


def test_an_object_is_read_by_its_id_and_imported(
    project: Callable[[str], Project], emulator: Emulated
) -> None:
    id = emulator.api("workspaces/create", workspace_name="existing")["workspace_id"]
    made = use_plugin(
        project(
            f"""
    import pulumi
    import wallaroo_pulumi.native as wallaroo

    pulumi.export("name", wallaroo.Workspace.get("existing", {id}).name)
    wallaroo.User("mary", email="mary.jane@example.com", first_name="Mary", opts=pulumi.ResourceOptions(
        import_="{emulator.user_id("mary.jane@example.com")}", ignore_changes=["first_name"]))
    """
        )
    )
    made.configure(emulator.settings)
    made.up().ok()
    assert made.outputs() == {"name": "existing"}
    assert natives(made)["mary"]["id"] == emulator.user_id("mary.jane@example.com")
    made.up().ok()
    assert set(made.changes()) == {"same", "read"} or set(made.changes()) == {"same"}


def test_the_schema_passes_pulumis_own_check(project: Callable[[str], Project]) -> None:
    made = project("")
    made.pulumi("schema", "check", str(resources.files(plugin) / "schema.json")).ok()
