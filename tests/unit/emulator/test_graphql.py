"""GraphQL as the vendor's SDK speaks it: what callers see, what they may change, and how refusals look."""

from typing import Any

import pytest
from emulator_client import JOHN, MARY, OPS, Instance

WORKSPACE = "query ($id: bigint!) { workspace_by_pk(id: $id) { name users { user_id user_type } } }"
END_MEMBERSHIP = """
mutation ($member: String!, $workspace: bigint!) {
    delete_workspace_users(where: {user_id: {_eq: $member}, _and: {workspace_id: {_eq: $workspace}}}) {
        affected_rows
    }
}"""
DEFAULT_WORKSPACE = """
mutation ($owner: String!, $name: String!) {
    insert_workspace_one(
        object: {
            name: $name, owner_id: $owner, users: {data: {user_id: $owner, user_type: "OWNER"}},
            user_default_workspaces: {data: {user_id: $owner}}
        },
        on_conflict: {constraint: workspace_name_key, update_columns: []}
    ) { id }
}"""
PIPELINES = """
query ($name: String!, $since: timestamptz) {
    pipeline(where: {_and: [{pipeline_id: {_eq: $name}}, {workspace: {name: {_eq: "shared"}}}]}) {
        pipeline_versions(order_by: {id: desc}) { id definition }
        deployment { deployed deployment_pipeline_versions(order_by: {pipeline_version: {id: desc}}) {
            pipeline_version { id }
        } }
    }
    search_pipelines(args: {search: ""}, where: {created_at: {_gte: $since}}, order_by: {id: desc}) { id }
}"""


def ask(instance: Instance, query: str, user: str = OPS, **variables: Any) -> Any:
    answer = instance.ok("/v1/graphql", user, query=query, variables=variables)
    assert "errors" not in answer, answer
    return answer["data"]


def refusal(instance: Instance, query: str, user: str = OPS, **variables: Any) -> str:
    answer = instance.ok("/v1/graphql", user, query=query, variables=variables)
    (error,) = answer["errors"]
    return str(error["message"])


@pytest.fixture
def workspace(instance: Instance) -> int:
    """A workspace of ops@example.com that Mary works in and John does not."""
    id: int = instance.ok("workspaces/create", workspace_name="shared")["workspace_id"]
    instance.ok("workspaces/add_user", workspace_id=id, email=MARY)
    return id


def test_without_a_token_nothing_is_told(instance: Instance) -> None:
    reply = instance.http.post("/v1/graphql", json={"query": "{ __typename }"})
    assert reply.status_code == 401


def test_members_see_a_workspace_and_strangers_do_not(instance: Instance, workspace: int) -> None:
    seen = ask(instance, WORKSPACE, MARY, id=workspace)["workspace_by_pk"]
    roles = {user["user_id"]: user["user_type"] for user in seen["users"]}
    assert (seen["name"], roles) == (
        "shared",
        {instance.user_id(OPS): "OWNER", instance.user_id(MARY): "COLLABORATOR"},
    )
    assert ask(instance, WORKSPACE, JOHN, id=workspace) == {"workspace_by_pk": None}


def test_a_membership_is_ended_by_an_owner_only(instance: Instance, workspace: int) -> None:
    mary = instance.user_id(MARY)
    for user, affected in ((JOHN, 0), (MARY, 0), (OPS, 1), (OPS, 0)):
        ended = ask(instance, END_MEMBERSHIP, user, member=mary, workspace=workspace)
        assert ended == {"delete_workspace_users": {"affected_rows": affected}}, user


def test_a_default_workspace_is_for_oneself_and_a_taken_name_makes_none(instance: Instance) -> None:
    john = instance.user_id(JOHN)
    assert "for oneself" in refusal(instance, DEFAULT_WORKSPACE, MARY, owner=john, name="home")
    made = ask(instance, DEFAULT_WORKSPACE, JOHN, owner=john, name="home")["insert_workspace_one"]
    default = "query { user_default_workspace { user_id workspace { id users { user_type } } } }"
    home = {"id": made["id"], "users": [{"user_type": "OWNER"}]}
    assert ask(instance, default, JOHN) == {"user_default_workspace": [{"user_id": john, "workspace": home}]}
    assert ask(instance, default, MARY) == {"user_default_workspace": []}
    again = ask(instance, DEFAULT_WORKSPACE, JOHN, owner=john, name="home")
    assert again == {"insert_workspace_one": None}


def test_conditions_and_orders_reach_into_related_rows(instance: Instance, workspace: int) -> None:
    named = {"pipeline_id": "houses", "workspace_id": workspace}
    first, second = (
        instance.ok("pipelines/create", **named, definition={"steps": [number]})["pipeline_variant_pk_id"]
        for number in (1, 2)
    )
    instance.ok("pipelines/deploy", deploy_id="houses", pipeline_version_pk_id=first)
    told = ask(instance, PIPELINES, name="houses", since="2024-01-01T00:00:00")
    versions = [{"id": second, "definition": {"steps": [2]}}, {"id": first, "definition": {"steps": [1]}}]
    running = [{"pipeline_version": {"id": first}}]
    deployment = {"deployed": True, "deployment_pipeline_versions": running}
    assert told["pipeline"] == [{"pipeline_versions": versions, "deployment": deployment}]
    assert [version["id"] for version in told["search_pipelines"]] == [second, first]

    later = ask(instance, PIPELINES, name="other", since="2100-01-01T00:00:00+00:00")
    assert later == {"pipeline": [], "search_pipelines": []}
    assert ask(instance, PIPELINES, JOHN, name="houses", since="2024-01-01T00:00:00") == later


def test_what_is_not_served_is_named(instance: Instance) -> None:
    assert "'assay'" in refusal(instance, "query { assay { id } }")
