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


def ask(instance: Instance, query: str, user: str = OPS, /, **variables: Any) -> Any:
    answer = instance.ok("/v1/graphql", user, query=query, variables=variables)
    assert "errors" not in answer, answer
    return answer["data"]


def refusal(instance: Instance, query: str, user: str = OPS, /, **variables: Any) -> str:
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


class TestTags:
    CREATE = "mutation ($text: String!) { insert_tag(objects: {tag: $text}) { returning { id tag } } }"
    TAG_MODEL = """
    mutation ($model: bigint!, $tag: bigint!) {
        insert_model_tag(objects: {model_id: $model, tag_id: $tag}) { returning { model_id tag_id } }
    }"""
    UNTAG_MODEL = """
    mutation ($model: bigint!, $tag: bigint!) {
        delete_model_tag(where: {_and: [{model_id: {_eq: $model}}, {tag_id: {_eq: $tag}}]}) {
            returning { model_id tag_id }
        }
    }"""
    TAG_PIPELINE = """
    mutation ($pipeline: bigint!, $tag: bigint!) {
        insert_pipeline_tag(objects: {pipeline_pk_id: $pipeline, tag_pk_id: $tag}) {
            returning { pipeline_pk_id tag_pk_id }
        }
    }"""
    UNTAG_PIPELINE = """
    mutation ($pipeline: bigint!, $tag: bigint!) {
        delete_pipeline_tag(where: {_and: [{pipeline_pk_id: {_eq: $pipeline}}, {tag_pk_id: {_eq: $tag}}]}) {
            returning { pipeline_pk_id tag_pk_id }
        }
    }"""
    READ = """
    query ($id: bigint!) { tag_by_pk(id: $id) {
        tag model_tags { model { model_id } } pipeline_tags { pipeline { pipeline_id pipeline_versions { id } } }
    } }"""

    @pytest.fixture
    def tag(self, instance: Instance, workspace: int) -> int:
        """A tag, beside a model and a pipeline in Mary's workspace."""
        instance.control("seed", model_versions=[{"workspace_id": workspace, "name": "house"}])
        instance.ok("pipelines/create", pipeline_id="houses", workspace_id=workspace, definition={})
        id: int = ask(instance, self.CREATE, text="prod")["insert_tag"]["returning"][0]["id"]
        return id

    def test_are_attached_to_models_and_pipelines_and_detached(self, instance: Instance, tag: int) -> None:
        model, pipeline = {"model_id": 1, "tag_id": tag}, {"pipeline_pk_id": 1, "tag_pk_id": tag}
        for mutation, variables, returned in (
            (self.TAG_MODEL, {"model": 1}, model),
            (self.TAG_PIPELINE, {"pipeline": 1}, pipeline),
        ):
            (answer,) = ask(instance, mutation, tag=tag, **variables).values()
            assert answer == {"returning": [returned]}
        assert ask(instance, self.READ, id=tag)["tag_by_pk"] == {
            "tag": "prod",
            "model_tags": [{"model": {"model_id": "house"}}],
            "pipeline_tags": [{"pipeline": {"pipeline_id": "houses", "pipeline_versions": [{"id": 1}]}}],
        }
        tagged = "query { model_by_pk(id: 1) { model_tags { tag { tag } } } }"
        assert ask(instance, tagged)["model_by_pk"] == {"model_tags": [{"tag": {"tag": "prod"}}]}
        for mutation, variables, returned in (
            (self.UNTAG_MODEL, {"model": 1}, model),
            (self.UNTAG_PIPELINE, {"pipeline": 1}, pipeline),
        ):
            (answer,) = ask(instance, mutation, tag=tag, **variables).values()
            assert answer == {"returning": [returned]}
            (again,) = ask(instance, mutation, tag=tag, **variables).values()
            assert again == {"returning": []}

    def test_models_and_pipelines_are_found_by_them(self, instance: Instance, tag: int) -> None:
        found = """query {
            search_models(args: {search: "PRO"}) { id } search_pipelines(args: {search: "pro"}) { id }
        }"""
        assert ask(instance, found) == {"search_models": [], "search_pipelines": []}
        ask(instance, self.TAG_MODEL, model=1, tag=tag)
        ask(instance, self.TAG_PIPELINE, pipeline=1, tag=tag)
        assert ask(instance, found) == {"search_models": [{"id": 1}], "search_pipelines": [{"id": 1}]}

    def test_are_everybodys_and_what_they_are_on_is_not(self, instance: Instance, tag: int) -> None:
        ask(instance, self.TAG_MODEL, model=1, tag=tag)
        listed = "query { tag(order_by: {id: desc}) { tag model_tags { id } } }"
        assert ask(instance, listed, JOHN) == {"tag": [{"tag": "prod", "model_tags": []}]}
        assert "Foreign key violation" in refusal(instance, self.TAG_MODEL, JOHN, model=1, tag=tag)
        assert ask(instance, self.UNTAG_MODEL, JOHN, model=1, tag=tag) == {
            "delete_model_tag": {"returning": []}
        }

    def test_a_second_time_is_refused(self, instance: Instance, tag: int) -> None:
        ask(instance, self.TAG_PIPELINE, pipeline=1, tag=tag)
        assert "Uniqueness violation" in refusal(instance, self.TAG_PIPELINE, pipeline=1, tag=tag)
        assert "Foreign key violation" in refusal(instance, self.TAG_PIPELINE, pipeline=1, tag=99)

    def test_texts_need_not_be_unique(self, instance: Instance, tag: int) -> None:
        assert ask(instance, self.CREATE, text="prod")["insert_tag"]["returning"][0]["id"] != tag


@pytest.mark.parametrize(
    ("type", "returned"), [("model", {"model_id": "house"}), ("pipeline", {"pipeline_id": "houses"})]
)
def test_visibility_is_changed_in_place(
    instance: Instance, workspace: int, type: str, returned: dict[str, str]
) -> None:
    instance.control("seed", model_versions=[{"workspace_id": workspace, "name": "house"}])
    instance.ok("pipelines/create", pipeline_id="houses", workspace_id=workspace, definition={})
    mutation = (
        "mutation ($id: bigint!, $visibility: String) {"
        f" update_{type}(where: {{id: {{_eq: $id}}}}, _set: {{visibility: $visibility}})"
        f" {{ returning {{ {type}_id visibility }} }} }}"
    )
    (answer,) = ask(instance, mutation, id=1, visibility="public").values()
    assert answer == {"returning": [{**returned, "visibility": "public"}]}
    read = f"query {{ {type}_by_pk(id: 1) {{ visibility }} }}"
    assert ask(instance, read) == {f"{type}_by_pk": {"visibility": "public"}}
    assert "one of private, public" in refusal(instance, mutation, id=1, visibility="secret")
    (hidden,) = ask(instance, mutation, JOHN, id=1, visibility="private").values()
    assert hidden == {"returning": []}


def test_thresholds_of_an_old_assay_are_changed(instance: Instance, workspace: int) -> None:
    assay = {
        "name": "drift",
        "pipeline_id": 1,
        "pipeline_name": "houses",
        "active": True,
        "alert_threshold": 0.1,
    }
    parts: dict[str, Any] = {"baseline": {}, "window": {}, "summarizer": {}}
    id = instance.ok("assays/create", workspace_id=workspace, **assay, **parts)["assay_id"]
    mutation = """
    mutation ($id: bigint!, $to: Float!) {
        update_assay_by_pk(pk_columns: {id: $id}, _set: {warning_threshold: $to}) { id active }
    }"""
    assert ask(instance, mutation, id=id, to=0.5) == {"update_assay_by_pk": {"id": id, "active": True}}
    read = instance.ok("assays/get_assay_by_id", id=id)
    assert (read["warning_threshold"], read["alert_threshold"]) == (0.5, 0.1)
    assert ask(instance, mutation, JOHN, id=id, to=0.9) == {"update_assay_by_pk": None}


def test_the_models_of_a_deployment_are_aggregated(instance: Instance, workspace: int) -> None:
    names = ("house", "flat")
    versions = [f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2)]
    refs = [
        {"name": name, "version": version, "sha": ""} for name, version in zip(names, versions, strict=True)
    ]
    instance.control(
        "seed",
        model_versions=[{**ref, "workspace_id": workspace} for ref in refs],
        pipeline_versions=[
            {
                "workspace_id": workspace,
                "name": "houses",
                "definition": {"steps": [{"ModelInference": {"models": refs}}]},
                "deployment_id": 7,
            }
        ],
    )
    models = """query { deployment_by_pk(id: 7) { deployment_model_configs_aggregate%s {
        nodes { model_config { model { model { name } } } }
    } } }"""

    def named(arguments: str) -> list[str]:
        found = ask(instance, models % arguments)["deployment_by_pk"]["deployment_model_configs_aggregate"]
        return [node["model_config"]["model"]["model"]["name"] for node in found["nodes"]]

    assert sorted(named("")) == ["flat", "house"]
    assert len(named("(distinct_on: deployment_id)")) == 1
    assert sorted(named("(distinct_on: [model_config_id])")) == ["flat", "house"]


def test_background_work_proceeds_when_an_object_is_read_by_id(instance: Instance, workspace: int) -> None:
    instance.control("readiness", kind="orchestration", mode="polls", polls=1)
    instance.control("readiness", kind="model", mode="polls", polls=1)
    instance.control(
        "seed",
        orchestrations=[{"workspace_id": workspace, "id": "a", "status": "pending_packaging"}],
        model_versions=[{"workspace_id": workspace, "name": "m", "status": "pending_load_container"}],
    )
    read = (
        'query { orchestration_by_pk(id: "a") { status file_name image_path } model_by_pk(id: 1) { status } }'
    )
    seen = [ask(instance, read) for _ in range(2)]
    assert [answer["orchestration_by_pk"]["status"] for answer in seen] == ["packaging", "ready"]
    assert [answer["model_by_pk"]["status"] for answer in seen] == ["attempting_load_container", "ready"]
    assert ask(instance, read, JOHN) == {"orchestration_by_pk": None, "model_by_pk": None}
