"""The inference log: its topics, its pages, and how much of it is kept."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from emulator_client import MARY, Clock, Instance
from emulator_models import HOUSE, Serving, inference

from wallaroo_pulumi.emulator import EmulatorServer, Settings

ARROW = "application/vnd.apache.arrow.file"
TOPIC = "/v1/logs/topic/workspace-1-pipeline-houses-inference"
CHECKED = {
    "Check": {
        "tree": [
            json.dumps(
                {
                    "Alias": [
                        {
                            "BinaryExpr": {
                                "left": {"Column": "in.number"},
                                "op": "Gt",
                                "right": {"Literal": {"Int32": 1}},
                            }
                        },
                        "late",
                    ]
                }
            )
        ]
    }
}


@pytest.fixture
def serving(instance: Instance) -> Serving:
    return Serving(instance)


def fill(serving: Serving, count: int, *steps: dict[str, Any]) -> str:
    """Infer so many records, one a second, numbered from 0."""
    path = serving.deploy(inference("champion"), *steps)
    for number in range(count):
        serving.infer(path, [{**HOUSE, "number": number}])
        serving.instance.clock.time += 1
    return path


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [record["in"]["number"] for record in records]


def read(serving: Serving, body: Any = None, topic: str = TOPIC, **params: Any) -> tuple[list[int], Any]:
    """The numbers of a page of records, and its status."""
    reply = serving.post(f"{topic}/records", body or {}, params=params)
    assert reply.status_code == 200, reply.text
    return numbers(reply.json()), json.loads(reply.headers.get("x-iteration-status", "null"))


def test_the_topic_is_named_by_the_pipeline(serving: Serving) -> None:
    fill(serving, 1)
    for call, body in (
        ("plateau/get_topic_name", {"pipeline_pk_id": 1}),
        ("plateau/get_topic_name", {"pipeline_name": "houses", "workspace_id": 1}),
        ("plateau/get_pipeline_topic_name", {"pipeline_name": "houses"}),
    ):
        topic = serving.instance.ok(call, **body)["topic_name"]
        assert f"/v1/logs/topic/{topic}" == TOPIC
    assert serving.instance.call("plateau/get_topic_name", pipeline_pk_id=9).status_code == 404
    assert serving.instance.call("plateau/get_topic_name", MARY, pipeline_pk_id=1).status_code == 403
    assert serving.instance.call("plateau/get_topic_name").status_code == 400
    assert serving.instance.call("plateau/get_pipeline_topic_name", pipeline_name="x").status_code == 404


def test_pages_go_forward_and_backward(serving: Serving) -> None:
    fill(serving, 5)
    page, status = read(serving, page_size=2)
    assert (page, status) == ([0, 1], {"status": "RecordLimited", "next": {"engine": 2}})
    assert read(serving, status["next"])[0] == [2, 3, 4]
    page, status = read(serving, page_size=2, order="desc")
    assert (page, status["status"]) == ([4, 3], "RecordLimited")
    assert read(serving, status["next"], order="desc") == (
        [2, 1, 0],
        {"status": "All", "next": {"engine": 0}},
    )
    assert read(serving, {"engine": 0}, order="desc") == ([], None)


def test_a_range_of_time_includes_both_ends(serving: Serving) -> None:
    fill(serving, 5)
    span = {"time.start": "2024-07-11T16:51:51.885Z", "time.end": "2024-07-11T18:51:53.885751+02:00"}
    assert read(serving, **span)[0] == [1, 2, 3]
    assert serving.post(f"{TOPIC}/records", {}, params={**span, "order": "desc"}).status_code == 400


def test_a_page_ends_where_the_schema_changes(serving: Serving) -> None:
    path = fill(serving, 2)
    serving.infer(path, [{**HOUSE, "number": 2, "more": "a"}, {**HOUSE, "number": 3, "more": "b"}])
    page, status = read(serving)
    assert (page, status["status"]) == ([0, 1], "SchemaChange")
    assert read(serving, status["next"]) == ([2, 3], {"status": "All", "next": {"engine": 4}})


def test_arrow_pages_have_the_status_in_their_schema(serving: Serving) -> None:
    fill(serving, 2)
    params = {"dataset[]": ["*"], "dataset.separator": ".", "dataset.exclude[]": ["metadata"], "page_size": 1}
    reply = serving.post(f"{TOPIC}/records", {}, params=params, headers={"Accept": ARROW})
    with pa.ipc.open_file(reply.content) as file:
        table = file.read_all()
    assert table.column_names == ["time", "in.house", "in.number", "out.price", "anomaly.count"]
    assert json.loads(table.schema.metadata[b"status"]) == {"status": "RecordLimited", "next": {"engine": 1}}
    assert str(table.schema.field("out.price").type) == "list<inner: float not null>"


def test_an_empty_topic_is_an_empty_page(serving: Serving) -> None:
    serving.deploy(inference("champion"))
    assert read(serving) == ([], None)
    reply = serving.post(f"{TOPIC}/records", {}, headers={"Accept": ARROW})
    with pa.ipc.open_file(reply.content) as file:
        assert file.read_all().num_columns == 0
    assert read(serving, topic="/v1/logs/topic/model-champion-inference") == ([], None)


def test_a_topic_lists_its_partition(serving: Serving) -> None:
    fill(serving, 3)
    bearer = {"Authorization": f"Bearer {serving.instance.login().json()['access_token']}"}
    described = serving.instance.http.get(TOPIC, headers=bearer).json()
    assert described["partitions"] == {"engine": {"start": 0, "end": 3}}
    assert described["bytes"] > 0
    empty = serving.instance.http.get("/v1/logs/topic/none", headers=bearer).json()
    assert empty == {"partitions": {}, "bytes": 0}


def test_the_failures_are_those_with_anomalies(serving: Serving) -> None:
    fill(serving, 4, CHECKED)
    assert read(serving, topic=f"{TOPIC}-failures")[0] == [2, 3]


def test_logs_are_the_members_alone(serving: Serving) -> None:
    fill(serving, 1)
    assert serving.post(f"{TOPIC}/records", {}, user=MARY).status_code == 403
    body = {"pipeline_name": "houses", "workspace_id": 1}
    assert serving.instance.call("pipelines/get_logs", MARY, **body).status_code == 403
    assert serving.instance.http.post(f"{TOPIC}/records", json={}).status_code == 401


class TestGetLogs:
    def test_headers_lead_from_page_to_page(self, serving: Serving) -> None:
        fill(serving, 5)
        seen, cursor = [], None
        for status in ("RecordLimited", "RecordLimited", "All"):
            body = {"pipeline_name": "houses", "workspace_id": 1, "page_size": 2, "cursor": cursor}
            reply = serving.instance.call("pipelines/get_logs", **body)
            seen += numbers(reply.json())
            cursor = reply.headers["x-iteration-cursor"]
            assert reply.headers["x-iteration-status"] == status
        assert seen == [0, 1, 2, 3, 4]

    def test_order_and_time_select(self, serving: Serving) -> None:
        fill(serving, 5)
        body = {"pipeline_name": "houses", "workspace_id": 1, "order": "Desc", "page_size": 2}
        assert numbers(serving.instance.ok("pipelines/get_logs", **body)) == [4, 3]
        span = {"start_time": "2024-07-11T16:51:51.885Z", "end_time": "2024-07-11T16:51:52.885Z"}
        assert numbers(serving.instance.ok("pipelines/get_logs", **body | {"order": "asc"} | span)) == [1, 2]

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"pipeline_name": "none"}, 404),
            ({"cursor": "x"}, 400),
            ({"cursor": "{}"}, 400),
            ({"cursor": '{"engine": "a"}'}, 400),
            ({"order": "up"}, 400),
            ({"start_time": "2024-07-11T16:51:51"}, 400),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, serving: Serving, change: dict[str, str], status: int
    ) -> None:
        fill(serving, 1)
        body = {"pipeline_name": "houses", "workspace_id": 1, **change}
        assert serving.instance.call("pipelines/get_logs", **body).status_code == status


def test_the_last_records_are_kept_and_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(state_file=tmp_path / "state.db", inference_log_length=3)
    with EmulatorServer(settings) as server:
        serving = Serving(Instance(server.url, Clock()))
        fill(serving, 2)
        serving.infer(
            serving.deploy(inference("champion")), [{**HOUSE, "number": number} for number in (2, 3, 4, 5)]
        )
        kept = read(serving)
        assert kept == ([3, 4, 5], {"status": "All", "next": {"engine": 6}})
    with EmulatorServer(settings) as server:
        restarted = Serving.__new__(Serving)
        restarted.instance = Instance(server.url, Clock())
        assert read(restarted) == kept


def test_a_log_of_no_length_is_empty() -> None:
    with EmulatorServer(Settings(inference_log_length=0)) as server:
        serving = Serving(Instance(server.url, Clock()))
        fill(serving, 2)
        assert read(serving) == ([], None)
