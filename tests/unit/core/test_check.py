"""Check: canonical inputs or failures at their properties, with unknowns anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from wallaroo_pulumi.core.check import check
from wallaroo_pulumi.core.fields import UNKNOWN
from wallaroo_pulumi.resources import RESOURCES

pytestmark = pytest.mark.sdk_range


def failures(kind: str, **news: Any) -> dict[str, str]:
    return {f.property: f.reason for f in check(RESOURCES[kind], news, {})[1]}


def test_defaults_are_filled_in_and_none_is_kept_at_the_top_only() -> None:
    inputs, problems = check(RESOURCES["Workspace"], {"name": "fraud"}, {})
    assert problems == []
    assert inputs == {"name": "fraud", "adopt": "if_empty", "forceDestroy": False}


def test_numbers_come_back_from_the_wire_as_whole_numbers() -> None:
    inputs, _ = check(RESOURCES["WorkspaceMember"], {"workspaceId": 12.0, "email": "a@example.com"}, {})
    assert inputs["workspaceId"] == 12
    assert isinstance(inputs["workspaceId"], int)


@pytest.mark.parametrize(
    "name", ["Fraud Prod", "-fraud", "fraud-", "1fraud", "fraud_prod", "f" * 64, "", "frçud"]
)
def test_a_name_that_is_no_dns_label_is_refused_with_the_rule_and_a_name_that_would_do(name: str) -> None:
    reason = failures("Workspace", name=name)["name"]
    assert "at most 63 characters" in reason
    would_do = reason.rsplit("would do: ", 1)[1].strip("'")
    assert failures("Workspace", name=would_do) == {}


@pytest.mark.parametrize("name", ["fraud-prod", "A1", "x", "f" * 63])
def test_a_dns_label_passes(name: str) -> None:
    assert failures("Workspace", name=name) == {}


def test_an_unknown_choice_is_refused_with_the_allowed_ones() -> None:
    reason = failures("Workspace", name="fraud", adopt="sometimes")["adopt"]
    assert all(choice in reason for choice in ("'never'", "'if_empty'", "'always'"))
    reason = failures("WorkspaceMember", workspaceId=1, email="a@example.com", role="BOSS")["role"]
    assert all(role in reason for role in ("OWNER", "COLLABORATOR"))


def test_a_role_is_taken_in_any_case() -> None:
    inputs, _ = check(
        RESOURCES["WorkspaceMember"], {"workspaceId": 1, "email": "a@example.com", "role": "owner"}, {}
    )
    assert inputs["role"] == "OWNER"


def test_an_email_address_has_one_canonical_form() -> None:
    inputs, _ = check(
        RESOURCES["WorkspaceMember"], {"workspaceId": 1, "email": " Mary.Jane@Example.com "}, {}
    )
    assert inputs["email"] == "mary.jane@example.com"
    assert "email" in failures("WorkspaceMember", workspaceId=1, email="mary.jane")


@pytest.mark.parametrize("workspace_id", [0, -1, 1.5, "twelve", True, [], {}])
def test_a_workspace_id_is_a_positive_whole_number(workspace_id: Any) -> None:
    reason = failures("WorkspaceMember", workspaceId=workspace_id, email="a@example.com")["workspaceId"]
    assert "positive whole number" in reason


@pytest.mark.parametrize("user", [{}, {"email": "a@example.com", "userId": "u1"}])
@pytest.mark.parametrize("workspace_id", [1, UNKNOWN])
def test_a_member_is_exactly_one_user_even_while_the_workspace_is_unknown(
    user: Any, workspace_id: Any
) -> None:
    assert failures("WorkspaceMember", workspaceId=workspace_id, **user) == {
        "": "set exactly one of email and user_id"
    }


def test_an_unknown_user_counts_as_given() -> None:
    inputs, problems = check(RESOURCES["WorkspaceMember"], {"workspaceId": UNKNOWN, "email": UNKNOWN}, {})
    assert problems == []
    assert inputs["workspaceId"] is UNKNOWN
    assert inputs["email"] is UNKNOWN


def test_an_unknown_property_is_refused() -> None:
    assert failures("Workspace", name="fraud", colour="red") == {
        "colour": "is not a property of this resource"
    }


def test_a_failure_never_names_a_secret_property_since_pulumi_prints_its_value() -> None:
    found = failures("User", email="a@example.com", initialPassword=["hunter2"])
    assert list(found) == [""]
    assert "initialPassword" in found[""]
    assert "hunter2" not in found[""]


def test_an_unnamed_object_gets_the_offered_name_and_keeps_it() -> None:
    inputs, _ = check(RESOURCES["Workspace"], {}, {}, autoname="fraud-0123abc")
    assert inputs["name"] == "fraud-0123abc"
    inputs, _ = check(RESOURCES["Workspace"], {}, {"name": "fraud-0123abc"}, autoname="renamed-fffffff")
    assert inputs["name"] == "fraud-0123abc"
    assert "name" in {f.property for f in check(RESOURCES["Workspace"], {}, {})[1]}
