"""Hidden or absent: every call about a workspace, or about an object of one, tells a non-member which of the two."""

import re
from pathlib import Path
from typing import Any

import pytest
from emulator_client import MARY, OPS, Instance

DECISIONS = Path(__file__).parents[3] / "docs/internals/emulator-decisions.md"
WORKSPACE, UNKNOWN = 1, 99
UUID = "00000000-0000-4000-8000-00000000000{}".format
VERSION, PIPELINE_VERSION, ORCHESTRATION, TASK, ASSAY, REGISTRY, RUN, CONNECTION = map(UUID, range(1, 9))
ABSENT = UUID(9)
ASSAY_BODY: dict[str, Any] = {
    "name": "drift",
    "scheduling": {
        "first_run": "2024-07-11T16:00:00Z",
        "run_frequency": {"SimpleRunFrequency": {"quantity": 1, "unit": "Day"}},
    },
    "baseline": {"Vector": [1.0]},
    "window": {"width": {"seconds": 60}},
    "summarizer": {"UnivariateContinuous": {"bin_mode": "None", "aggregation": "Density", "metric": "PSI"}},
    "targeting": {
        "data_origin": {
            "pipeline_name": "scores",
            "pipeline_id": 1,
            "workspace_name": "hidden",
            "workspace_id": WORKSPACE,
        },
        "iopath": [{"field": "out.score"}],
    },
}
TASK_BODY = {"json": {}, "orch_id": ORCHESTRATION, "name": "nightly"}
OLD_ASSAY = {
    "name": "old",
    "pipeline_id": 1,
    "pipeline_name": "scores",
    "active": True,
    "baseline": {},
    "window": {},
    "summarizer": {},
    "alert_threshold": 0.5,
}
SEEDED_OLD_ASSAY = {
    "status": "created",
    "warning_threshold": None,
    "last_run": None,
    "next_run": "2024-07-12",
    "run_until": None,
    "updated_at": "2024-07-11",
}
LINK = {"connection_id": CONNECTION}
REGISTRY_UPLOAD = {
    "registry_id": REGISTRY,
    "path": "models/house",
    "name": "house",
    "conversion": {"framework": "xgboost"},
}

# The calls that name a workspace, with the rest of their bodies.
WORKSPACE_CALLS: dict[str, dict[str, Any]] = {
    "/v1/api/workspaces/list_users": {},
    "/v1/api/workspaces/add_user": {"email": OPS},
    "/v1/api/workspaces/remove_user": {"email": OPS},
    "/v1/api/models/list": {},
    "/v1/api/models/list_versions_for_model": {"model_id": "house"},
    "/v1/api/models/delete_model": {"model_id": "house"},
    "/v1/api/models/create_registry": {"name": "r", "url": "https://r.example.com", "token": "t"},
    "/v1/api/models/list_registries": {},
    "/v1/api/models/attach_registry_to_workspace": {"registry_id": REGISTRY},
    "/v1/api/models/remove_registry_from_workspace": {"registry_id": REGISTRY},
    "/v1/api/pipelines/create": {"pipeline_id": "scores"},
    "/v1/api/pipelines/copy": {"name": "copied", "source_pipeline": 1},
    "/v1/api/pipelines/list_pipelines": {},
    "/v1/api/pipelines/list_pipeline_versions": {"pipeline_id": "scores"},
    "/v1/api/pipelines/get_pipeline_by_name": {"pipeline_name": "scores"},
    "/v1/api/pipelines/delete_pipeline": {"pipeline_id": "scores"},
    "/v1/api/pipelines/list_publishes_for_pipeline": {},
    "/v1/api/admin/get_pipeline_external_url": {"pipeline_name": "scores"},
    "/v1/api/admin/get_pipeline_internal_url": {"pipeline_name": "scores"},
    "/v1/api/connections/list": {},
    "/v1/api/connections/add_to_workspace": LINK,
    "/v1/api/connections/remove_from_workspace": LINK,
    "/v1/api/orchestration/list": {},
    "/v1/api/task/run_once": TASK_BODY,
    "/v1/api/task/run_scheduled": TASK_BODY | {"schedule": "0 4 * * *"},
    "/v1/api/task/run_continuously": TASK_BODY,
    "/v1/api/task/list": {},
    "/v1/api/assays/create": OLD_ASSAY,
    "/v1/api/assays/list": {},
    "/v1/api/assays/filter": {"pipeline_id": 1, "sort_by": "CreationDateDesc"},
    "/v2/api/assays/get": {"active": "All"},
    "/v2/api/assays/schedule": ASSAY_BODY,
    "/v1/api/pipelines/get_logs": {"pipeline_name": "scores"},
    "/v1/api/plateau/get_topic_name": {"pipeline_name": "scores"},
    "/v1/api/plateau/get_pipeline_topic_name": {"pipeline_name": "scores"},
    "/v1/api/orchestration/list_all": {"task_run_status": []},
    "/v2/api/assays/preview_baseline_binning": {
        key: ASSAY_BODY[key] for key in ("baseline", "summarizer", "targeting")
    },
    "/v1/api/models/upload": {"name": "house"},
    "/v1/api/models/upload_and_convert": {"name": "house"},
    "/v1/api/models/upload_from_registry": REGISTRY_UPLOAD,
    "/v1/api/orchestration/upload": {"name": "code"},
}
# The calls that name an object of a workspace: key, value of a hidden object, value of an absent one, and what the
# absent one is answered with.
OBJECT_CALLS: dict[str, tuple[str, Any, Any, int, dict[str, Any]]] = {
    "/v1/api/models/get_version_by_id": ("model_version_id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/get_model_version_by_id": ("model_version_id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/get_upload_logs": ("model_version_id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/insert_model_config": ("model_version_id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/get_config_by_id": ("model_id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/get": ("id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/get_by_id": ("id", 1, UNKNOWN, 400, {}),
    "/v1/api/models/delete_model_versions": ("model_versions", [VERSION], [ABSENT], 404, {}),
    "/v1/api/models/get_registry": ("registry_id", REGISTRY, ABSENT, 404, {}),
    "/v1/api/pipelines/get_version": ("version", PIPELINE_VERSION, ABSENT, 400, {}),
    "/v1/api/pipelines/delete_pipeline_versions": (
        *("pipeline_versions", [PIPELINE_VERSION], [ABSENT], 404, {}),
    ),
    "/v1/api/pipelines/deploy": ("pipeline_version_pk_id", 1, UNKNOWN, 400, {"deploy_id": "scores"}),
    "/v1/api/pipelines/undeploy": ("deployment_id", 1, UNKNOWN, 200, {}),
    "/v1/api/pipelines/publish": ("pipeline_version_id", 1, UNKNOWN, 500, {"model_config_ids": []}),
    "/v1/api/pipelines/get_publish_status": ("id", 1, UNKNOWN, 400, {}),
    "/v1/api/pipelines/list_edges_by_publish_id": ("publish_id", 1, UNKNOWN, 400, {}),
    "/v1/api/pipelines/list_publishes_for_pipeline": ("pipeline_id", 1, UNKNOWN, 200, {}),
    "/v1/api/pipelines/add_edge_to_publish": (
        *("pipeline_publish_id", 1, UNKNOWN, 400, {"name": "new", "tags": []}),
    ),
    "/v1/api/pipelines/remove_edge": ("name", "edge", "absent", 404, {}),
    "/v1/api/status/get_deployment": ("name", "scores-1", "scores-99", 404, {}),
    "/v1/api/orchestration/get_by_id": ("id", ORCHESTRATION, ABSENT, 404, {}),
    "/v1/api/orchestration/delete_orchestrations": ("orchestrations", [ORCHESTRATION], [ABSENT], 404, {}),
    "/v1/api/task/get_by_id": ("id", TASK, ABSENT, 404, {}),
    "/v1/api/task/kill": ("id", TASK, ABSENT, 404, {}),
    "/v1/api/task/pause": ("id", TASK, ABSENT, 404, {"pause": True}),
    "/v1/api/task/list_task_runs": ("task_id", TASK, ABSENT, 404, {}),
    "/v1/api/task/get_logs_for_run": ("id", RUN, ABSENT, 404, {}),
    "/v1/api/task/get_run_details": ("task", TASK, ABSENT, 404, {"pod_id": RUN}),
    "/v1/api/plateau/get_topic_name": ("pipeline_pk_id", 1, UNKNOWN, 404, {}),
    "/v1/api/assays/get_assay_by_id": ("id", 1, UNKNOWN, 400, {}),
    "/v1/api/assays/set_active": ("id", 1, UNKNOWN, 400, {"active": False}),
    "/v1/api/assays/get_assay_results": (
        *("assay_id", 1, UNKNOWN, 400, {"start": "2024-07-11T16:00:00Z", "end": "2024-07-12T16:00:00Z"}),
    ),
    "/v2/api/assays/get/:id": ("id", ASSAY, ABSENT, 404, {}),
    "/v2/api/assays/set_active": ("assay_id", ASSAY, ABSENT, 404, {"active": False}),
    "/v2/api/assays/get_next_run": ("assay_id", ASSAY, ABSENT, 404, {}),
    "/v2/api/assays/get_results": ("id", ASSAY, ABSENT, 404, {}),
}
# The others: about the user, about the whole instance, or lists of what the caller sees.
OTHER_CALLS = {
    *("/v1/api/workspaces/create", "/v1/api/workspaces/list", "/v1/api/workspaces/validate"),
    *("/v1/api/user", "/v1/api/users/query", "/v1/api/users/invite"),
    *("/v1/api/users/activate", "/v1/api/users/deactivate", "/v1/api/features/list", "/v1/api/config"),
    *("/v1/api/connections/create", "/v1/api/connections/get", "/v1/api/connections/get_by_id"),
    *("/v1/api/connections/delete", "/v1/api/models/list_versions", "/v1/api/task/get_tasks_by_orch_sha"),
    *("/v1/api/assays/get_results",),
    "/v1/api/pipelines/infer/{deploy_name}-{deployment_id}/{pipeline_name}",
}


@pytest.fixture
def hidden(instance: Instance) -> Instance:
    """An instance with an object of each kind in a workspace of which Mary is not a member."""
    instance.control(
        "seed",
        workspaces=[{"name": "hidden"}],
        model_versions=[{"workspace_id": 1, "name": "house", "version": VERSION}],
        pipeline_versions=[
            {"workspace_id": 1, "name": "scores", "version": PIPELINE_VERSION, "deployment_id": 1}
        ],
        connections=[{"name": "lake", "type": "S3", "id": CONNECTION, "workspaces": [1]}],
        registries=[{"name": "registry", "id": REGISTRY, "workspaces": [1]}],
        orchestrations=[{"workspace_id": 1, "id": ORCHESTRATION}],
        tasks=[{"workspace_id": 1, "orch_id": ORCHESTRATION, "id": TASK, "runs": [{"run_id": RUN}]}],
        publishes=[
            {
                "id": 1,
                "workspace_id": 1,
                "pipeline_id": 1,
                "pipeline_name": "scores",
                "pipeline_version_id": 1,
                "pipeline_version_name": PIPELINE_VERSION,
            }
        ],
        edges=[{"name": "edge", "publish_id": 1}],
        assays=[
            ASSAY_BODY | {"id": ASSAY, "created_at": "2024-07-11", "updated_at": "2024-07-11", "active": True}
        ],
        old_assays=[{"workspace_id": 1, "assay": OLD_ASSAY | SEEDED_OLD_ASSAY}],
    )
    return instance


def status(instance: Instance, path: str, body: dict[str, Any], user: str = MARY) -> int:
    if path.endswith(("/upload", "/upload_and_convert")):
        return instance.upload(path, body, ("file.zip", b"content"), user).status_code
    return instance.call(path, user, **body).status_code


def named(path: str, body: dict[str, Any], workspace_id: int) -> dict[str, Any]:
    if path.endswith("/list_all"):
        return {**body, "workspace_ids": [workspace_id]}
    if "targeting" in body:
        origin = {**body["targeting"]["data_origin"], "workspace_id": workspace_id}
        return {**body, "targeting": {**body["targeting"], "data_origin": origin}}
    return {**body, "workspace_id": workspace_id}


@pytest.mark.parametrize("path", WORKSPACE_CALLS)
def test_a_call_about_a_workspace_is_403_for_a_non_member_and_500_if_it_does_not_exist(
    hidden: Instance, path: str
) -> None:
    body = WORKSPACE_CALLS[path]
    before = hidden.http.get("/__emulator__/objects").json()
    assert status(hidden, path, named(path, body, WORKSPACE)) == 403
    assert status(hidden, path, named(path, body, UNKNOWN)) == 500
    assert {**hidden.http.get("/__emulator__/objects").json(), "sessions": 0} == {**before, "sessions": 0}


@pytest.mark.parametrize("path", OBJECT_CALLS)
def test_a_call_about_an_object_is_403_for_a_non_member_and_another_status_if_it_does_not_exist(
    hidden: Instance, path: str
) -> None:
    key, there, absent, answer, rest = OBJECT_CALLS[path]
    assert status(hidden, path, {**rest, key: there}) == 403
    assert status(hidden, path, {**rest, key: absent}) == answer
    assert status(hidden, path, {**rest, key: there}, OPS) < 400 or path.endswith(
        ("delete_pipeline_versions", "delete_orchestrations")
    )


def test_a_deployment_that_has_ended_is_hidden_all_the_same(hidden: Instance) -> None:
    hidden.ok("pipelines/undeploy", deployment_id=1)
    assert hidden.call("status/get_deployment", OPS, name="scores-1").status_code == 404
    assert hidden.call("status/get_deployment", MARY, name="scores-1").status_code == 403


def test_lists_without_a_workspace_leave_out_what_is_hidden(hidden: Instance) -> None:
    assert hidden.ok("models/list", MARY) == {"models": []}
    assert hidden.ok("models/list_versions", MARY, model_id="house") == []
    assert hidden.ok("models/list_registries", MARY) == []
    assert hidden.ok("pipelines/list_pipelines", MARY) == {"pipelines": []}
    assert hidden.ok("pipelines/list_publishes_for_pipeline", MARY) == {"publishes": [], "edges": []}
    assert hidden.ok("task/list", MARY) == []
    assert hidden.ok("task/get_tasks_by_orch_sha", MARY, sha="") == {"ids": []}
    assert hidden.ok("assays/list", MARY) == []
    assert hidden.ok("/v2/api/assays/get", MARY, active="All") == []


def test_a_registry_that_no_workspace_uses_is_visible_to_everybody(instance: Instance) -> None:
    instance.control("seed", registries=[{"name": "shared", "id": REGISTRY}])
    assert instance.ok("models/get_registry", MARY, registry_id=REGISTRY)["name"] == "shared"
    assert [r["id"] for r in instance.ok("models/list_registries", MARY)] == [REGISTRY]


def test_every_call_is_classified(instance: Instance) -> None:
    described = set(instance.http.get("/v1/api/openapi.json").json()["paths"])
    classified = WORKSPACE_CALLS.keys() | OBJECT_CALLS.keys() | OTHER_CALLS
    assert classified == described, "list a call in WORKSPACE_CALLS, OBJECT_CALLS or OTHER_CALLS"
    assert not OTHER_CALLS & (WORKSPACE_CALLS.keys() | OBJECT_CALLS.keys())


def test_the_decisions_page_lists_every_answer() -> None:
    rows = re.findall(
        r"^\| `(/v[12]/[^`]+)` \| `(\w+)` \| (\d+) \| (\d+) \|$", DECISIONS.read_text(), re.MULTILINE
    )
    workspace_rows = {(path, "workspace_id", "403", "500") for path in WORKSPACE_CALLS}
    object_rows = {(path, key, "403", str(answer)) for path, (key, _, _, answer, _) in OBJECT_CALLS.items()}
    assert sorted(rows) == sorted(workspace_rows | object_rows), (
        f"list the calls of WORKSPACE_CALLS and OBJECT_CALLS, each once, in {DECISIONS.name}; missing or different: "
        f"{sorted((workspace_rows | object_rows) ^ {*rows})}"
    )
