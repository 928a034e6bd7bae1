"""Diff: a change reports itself and nothing else, by the markers of the definition."""

from __future__ import annotations

from typing import Annotated, Any

from wallaroo_pulumi.core.diff import Difference, diff
from wallaroo_pulumi.core.fields import UNKNOWN, UNORDERED, Properties
from wallaroo_pulumi.resources import RESOURCES

WORKSPACE = {
    "name": "fraud",
    "adopt": "if_empty",
    "forceDestroy": False,
    "workspaceId": 12.0,
    "createdAt": "…",
}
MEMBER = {"workspaceId": 12.0, "email": "a@example.com", "userId": "u1", "role": "OWNER"}
USER = {"email": "a@example.com", "firstName": "Ada", "lastName": "King", "isAdmin": False, "enabled": True}


def changes(kind: str, olds: dict[str, Any], **news: Any) -> Difference:
    declared = {
        k: v for k, v in olds.items() if k not in ("workspaceId", "createdAt") or kind == "WorkspaceMember"
    }
    return diff(RESOURCES[kind], olds, {**declared, **news})


def test_nothing_changed() -> None:
    assert changes("Workspace", WORKSPACE) == Difference((), ())
    assert changes("WorkspaceMember", MEMBER, userId=None, workspaceId=12) == Difference((), ())


def test_a_changed_property_reports_itself_alone() -> None:
    assert changes("Workspace", WORKSPACE, forceDestroy=True) == Difference(("forceDestroy",), ())
    assert changes("WorkspaceMember", MEMBER, role="COLLABORATOR", userId=None) == Difference(("role",), ())


def test_identity_forces_replacement() -> None:
    assert changes("Workspace", WORKSPACE, name="churn") == Difference(("name",), ("name",))
    assert changes("WorkspaceMember", MEMBER, email="b@example.com", userId=None) == Difference(
        ("email",), ("email",)
    )


def test_naming_the_same_user_the_other_way_is_no_change() -> None:
    assert changes("WorkspaceMember", MEMBER, email=None, userId="u1") == Difference((), ())


def test_what_the_program_leaves_to_the_instance_is_no_change() -> None:
    assert changes("User", USER, firstName=None, lastName=None) == Difference((), ())
    assert changes("User", USER, initialPassword="another") == Difference((), ())


def test_an_unknown_value_counts_as_a_change() -> None:
    assert changes("WorkspaceMember", MEMBER, workspaceId=UNKNOWN).replacing == ("workspaceId",)


def test_state_of_an_older_version_lacks_properties_without_a_difference() -> None:
    older = {k: v for k, v in WORKSPACE.items() if k != "forceDestroy"}
    assert changes("Workspace", older, forceDestroy=False) == Difference((), ())
    assert changes("Workspace", older, forceDestroy=True) == Difference(("forceDestroy",), ())


def test_the_order_of_an_unordered_list_does_not_matter() -> None:
    class Inputs(Properties):
        tags: Annotated[list[str], UNORDERED]
        steps: list[str]

    class Tagged:
        inputs = Inputs
        delete_before_replace = False

    olds = {"tags": ["a", "b"], "steps": ["a", "b"]}
    assert diff(Tagged, olds, {"tags": ["b", "a"], "steps": ["b", "a"]}).changed == ("steps",)  # type: ignore[arg-type]


def test_state_in_another_form_of_the_same_value_is_no_difference() -> None:
    ref = {"name": "m", "version": "v", "sha": "s"}
    older = {
        "workspaceId": 1.0,
        "name": "p",
        "steps": [{"ModelInference": {"models": [ref]}}],
        "forceDestroy": False,
    }
    newer = {**older, "steps": [{"modelInference": {"models": [ref]}}]}
    assert diff(RESOURCES["Pipeline"], older, newer).changed == ()
    config = {"engine": {"node_selector": "pool:gpu", "resources": {"limits": {"nvidia.com/gpu": 1}}}}
    canonical = {"engine": {"nodeSelector": "pool:gpu", "resources": {"limits": {"gpu": 1}}}}
    place = {"workspaceId": 1, "pipelineName": "p", "pipelineVersionId": 1, "models": [7]}
    older = {**place, "engineConfig": config}
    assert diff(RESOURCES["Deployment"], older, {**place, "engineConfig": canonical}).changed == ()
    assert diff(RESOURCES["Deployment"], older, {**place, "engineConfig": {}}).changed == ("engineConfig",)


def test_a_gpu_as_a_flag_is_one_gpu() -> None:
    place = {"workspaceId": 1, "pipelineName": "p", "pipelineVersionId": 1, "models": [7]}
    older, newer = ({**place, "engineConfig": {"engine": {"gpu": gpu}}} for gpu in (True, 1))
    assert diff(RESOURCES["Deployment"], older, newer).changed == ()


def test_a_name_that_was_stored_decomposed_is_the_same_name() -> None:
    older = {"name": "cafe\u0301", "type": "s3", "details": {}, "adopt": "if_same"}
    assert diff(RESOURCES["Connection"], older, {**older, "name": "caf\u00e9"}).changed == ()
