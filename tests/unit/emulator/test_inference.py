"""Inference: what the steps of a pipeline put out, in which shape, and how refusals look."""

import io
import json
import sys
from typing import Any

import pyarrow as pa
import pytest
from emulator_client import JOHN, Instance
from emulator_models import HOUSE, Serving, inference, ref
from linear_model import linear_model

ARROW = "application/vnd.apache.arrow.file"
DEFAULTS = {"dataset[]": ["*"], "dataset.exclude[]": ["metadata"], "dataset.separator": "."}
"""What the vendor's SDK sends by default."""


@pytest.fixture
def serving(instance: Instance) -> Serving:
    return Serving(instance)


def error(serving: Serving, path: str, content: Any, status: int = 400, **options: Any) -> str:
    reply = serving.post(path, content, **options)
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert (body.pop("code"), body.pop("status"), body.pop("source")) == (status, "Error", "engine")
    message: str = body.pop("error")
    assert body == {}
    return message


def arrow_file(**columns: pa.Array) -> bytes:
    sink = io.BytesIO()
    table = pa.table(columns)
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return sink.getvalue()


def read_arrow(content: bytes) -> pa.Table:
    with pa.ipc.open_file(content) as file:
        return file.read_all()


class TestShape:
    def test_without_parameters_a_record_is_nested_with_anomaly_and_the_version(
        self, serving: Serving
    ) -> None:
        path = serving.deploy(inference("champion"))
        (answer,) = serving.infer(path, [HOUSE])
        metadata = answer.pop("metadata")
        assert answer == {
            "time": 1_720_716_710_885,
            "in": HOUSE,
            "out": {"price": [108.0]},
            "anomaly": {"count": 0},
        }
        assert list(metadata) == ["last_model", "pipeline_version", "elapsed", "dropped", "partition"]
        assert json.loads(metadata["last_model"]) == {
            "model_name": "champion",
            "model_sha": "sha-of-champion",
        }
        listed = serving.instance.ok("pipelines/list_pipelines")["pipelines"]
        assert metadata["pipeline_version"] == listed[0]["pipeline_version"]["version"]
        status = serving.instance.ok("status/get_deployment", name="houses-1")
        assert metadata["partition"] == status["engines"][0]["name"]

    def test_the_defaults_of_the_sdk_make_flat_columns(self, serving: Serving) -> None:
        (answer,) = serving.infer(serving.deploy(inference("champion")), [HOUSE], **DEFAULTS)
        assert list(answer) == ["time", "in.house", "out.price", "anomaly.count"]

    @pytest.mark.parametrize(
        ("params", "columns"),
        [
            ({"dataset[]": ["*", "metadata"]}, ["time", "in", "out", "anomaly", "metadata"]),
            (
                {
                    "dataset[]": ["time", "out", "anomaly.count"],
                    "dataset.exclude[]": ["anomaly"],
                    "dataset.separator": ".",
                },
                ["time", "out.price", "anomaly.count"],
            ),
            ({"dataset[]": ["out"]}, ["price"]),
            (
                {
                    "dataset[]": ["*"],
                    "dataset.exclude[]": ["in", "metadata.elapsed"],
                    "dataset.separator": "/",
                },
                [
                    *("time", "out/price", "anomaly/count", "metadata/last_model"),
                    *(
                        "metadata/pipeline_version",
                        "metadata/elapsed",
                        "metadata/dropped",
                        "metadata/partition",
                    ),
                ],
            ),
        ],
    )
    def test_parameters_select_columns(
        self, serving: Serving, params: dict[str, Any], columns: list[str]
    ) -> None:
        (answer,) = serving.infer(serving.deploy(inference("champion")), [HOUSE], **params)
        assert list(answer) == columns

    def test_an_unknown_column_is_refused(self, serving: Serving) -> None:
        reply = serving.post(
            serving.deploy(inference("champion")), [HOUSE], params={"dataset[]": ["time", "oot"]}
        )
        assert (reply.status_code, reply.json()["msg"]) == (400, "dataset: no column 'oot'")

    def test_numbers_are_written_as_the_model_has_them(self, serving: Serving) -> None:
        serving.add_model("tenth", linear_model([0.1]))
        (answer,) = serving.infer(serving.deploy(inference("tenth")), [{"house": [1.0]}])
        assert answer["out"] == {"price": [0.1]}, "not 0.10000000149011612"


class TestArrow:
    def test_an_arrow_file_is_answered_with_one(self, serving: Serving) -> None:
        houses = pa.array([[100.0, 4.0], [50.0, 2.0]], pa.list_(pa.float32()))
        reply = serving.post(
            serving.deploy(inference("champion")),
            arrow_file(house=houses),
            params=DEFAULTS,
            headers={"Content-Type": ARROW, "Accept": ARROW},
        )
        assert reply.headers["Content-Type"] == ARROW
        table = read_arrow(reply.content)
        assert table["out.price"].to_pylist() == [[108.0], [54.0]]
        assert str(table.schema).splitlines() == [
            "time: int64",
            "in.house: list<item: float>",
            "  child 0, item: float",
            "out.price: list<inner: float not null> not null",
            "  child 0, inner: float not null",
            "anomaly.count: uint32 not null",
        ]

    def test_accept_decides_what_is_answered(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        houses = arrow_file(house=pa.array([[100.0, 4.0]]))
        records = serving.post(path, houses, headers={"Content-Type": ARROW, "Accept": "application/json"})
        assert records.json()[0]["out"] == {"price": [108.0]}
        table = read_arrow(serving.post(path, [HOUSE], headers={"Accept": ARROW}).content)
        assert table.column_names == ["time", "in", "out", "anomaly", "metadata"]
        assert table["in"].to_pylist() == [HOUSE]

    @pytest.mark.parametrize("accept", [{}, {"Accept": ARROW}])
    def test_without_pyarrow_it_is_415_and_says_what_to_install(
        self, serving: Serving, monkeypatch: pytest.MonkeyPatch, accept: dict[str, str]
    ) -> None:
        path = serving.deploy(inference("champion"))
        houses = arrow_file(house=pa.array([[100.0, 4.0]]))
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        content_type = "application/json" if accept else ARROW
        body: Any = json.dumps([HOUSE]).encode() if accept else houses
        message = error(serving, path, body, 415, headers={"Content-Type": content_type, **accept})
        assert message == f"{ARROW} needs pyarrow: pip install 'wallaroo_pulumi[emulator,inference]'"

    def test_what_is_not_arrow_is_refused(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        message = error(serving, path, b"no arrow", headers={"Content-Type": ARROW})
        assert message.startswith("the body is not an Arrow file: ")


class TestSteps:
    def test_models_beside_the_first_run_in_its_shadow(self, serving: Serving) -> None:
        shadow = [
            inference("champion", "challenger", "rival"),
            {"AuditResults": {"from": 1, "to": None}},
            {"MultiOut": {}},
        ]
        path = serving.deploy(*shadow)
        (answer,) = serving.infer(path, [HOUSE], **DEFAULTS)
        assert list(answer) == [
            *("time", "in.house", "out.price", "anomaly.count"),
            *("out_challenger.price", "out_rival.price"),
        ]
        assert [answer[f"out{name}.price"] for name in ("", "_challenger", "_rival")] == [
            [108.0],
            [10.8],
            [1.08],
        ]
        assert serving.infer(path, [HOUSE])[0]["out_rival"] == {"price": [1.08]}

    def test_one_of_several_results_is_selected(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion", "challenger"), {"Nth": {"index": 1}})
        (answer,) = serving.infer(path, [HOUSE])
        assert answer["out"] == {"price": [10.8]}

    def test_a_random_split_reports_the_model_and_keeps_to_it_by_the_hash_key(self, serving: Serving) -> None:
        weights = [
            {"model": ref("champion"), "weight": 2.0},
            {"model": ref("challenger"), "weight": 1.0},
        ]
        path = serving.deploy({"RandomSplit": {"hash_key": "session", "weights": weights}})
        records = [{**HOUSE, "session": number % 30} for number in range(300)]
        answers = serving.infer(path, records)
        models = [json.loads(answer["out"]["_model_split"][0])["model_version"]["name"] for answer in answers]
        assert models[:30] * 10 == models
        assert {"champion", "challenger"} == set(models)
        assert {name: answer["out"]["price"] for name, answer in zip(models, answers, strict=True)} == {
            "champion": [108.0],
            "challenger": [10.8],
        }
        label = json.loads(answers[0]["out"]["_model_split"][0])
        assert list(label) == ["model_version", "config"]
        assert label["config"]["runtime"] == "onnx"

    def test_a_split_by_value_routes(self, serving: Serving) -> None:
        split = {"split_key": "country", "control": ref("champion"), "routes": {"de": ref("challenger")}}
        path = serving.deploy({"MetaValueSplit": split})
        answers = serving.infer(path, [{**HOUSE, "country": country} for country in ("de", "fr")])
        assert [answer["out"]["price"] for answer in answers] == [[10.8], [108.0]]

    def test_a_validation_counts_anomalies(self, serving: Serving) -> None:
        element = {
            "Function": {
                "input": [{"Column": "out.price"}, {"Literal": {"Int32": 0}}],
                "function": {"ListExpr": "Get"},
            }
        }
        compare = {"BinaryExpr": {"left": element, "op": "Gt", "right": {"Literal": {"Float64": 60.0}}}}
        path = serving.deploy(
            inference("champion"), {"Check": {"tree": [json.dumps({"Alias": [compare, "high"]})]}}
        )
        answers = serving.infer(path, [HOUSE, {"house": [50.0, 2.0]}])
        assert [answer["anomaly"] for answer in answers] == [
            {"count": 1, "high": True},
            {"count": 0, "high": False},
        ]

    def test_the_second_model_gets_what_the_first_puts_out(self, serving: Serving) -> None:
        serving.add_model("double", linear_model([2.0], field="price", output="doubled"))
        (answer,) = serving.infer(serving.deploy(inference("champion"), inference("double")), [HOUSE])
        assert answer["out"] == {"doubled": [216.0]}

    def test_a_step_that_is_not_run_is_named(self, serving: Serving) -> None:
        path = serving.deploy({"RowsToModels": {"rows_to_models": []}})
        assert error(serving, path, [HOUSE], 501) == "the emulator does not run steps of kind RowsToModels"


class TestInputs:
    def test_a_model_with_one_input_takes_its_own_name_only(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        message = error(serving, path, [{"tensor": [100.0, 4.0]}])
        assert message == "field 'house' is missing: model 'champion' takes the fields 'house'"

    def test_a_configuration_renames_the_inputs(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        serving.instance.ok("models/insert_model_config", model_version_id=1, tensor_fields=["tensor"])
        (answer,) = serving.infer(path, [{"tensor": [100.0, 4.0]}])
        assert answer["out"] == {"price": [108.0]}
        assert "takes the fields 'tensor'" in error(serving, path, [HOUSE])

    def test_a_configuration_with_another_number_of_fields_is_refused(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        serving.instance.ok("models/insert_model_config", model_version_id=1, tensor_fields=["a", "b"])
        message = "model 'champion' is configured with 2 tensor_fields for 1 inputs"
        assert error(serving, path, [HOUSE]) == message

    def test_a_model_with_a_fixed_batch_gets_records_one_by_one(self, serving: Serving) -> None:
        serving.add_model("single", linear_model(batch=1))
        answers = serving.infer(serving.deploy(inference("single")), [HOUSE, {"house": [50.0, 2.0]}])
        assert [answer["out"]["price"] for answer in answers] == [[108.0], [54.0]]

    def test_other_fields_of_a_record_stay_in_it(self, serving: Serving) -> None:
        (answer,) = serving.infer(serving.deploy(inference("champion")), [{**HOUSE, "id": "a"}])
        assert answer["in"] == {**HOUSE, "id": "a"}

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"{", "the body is not JSON: "),
            ({"house": [1.0]}, "the body must be a list of records (pandas-records)"),
            ([1], "the body must be a list of records (pandas-records)"),
            ([{"house": ["a", "b"]}], "model 'champion': input 'house': "),
            ([{"house": [1.0]}], "model 'champion': "),
            ([{"house": [1.0, 2.0]}, {"house": [1.0]}], "model 'champion': input 'house': "),
        ],
    )
    def test_a_body_that_does_not_fit_is_refused(self, serving: Serving, body: Any, message: str) -> None:
        headers = {"Content-Type": "application/json"}
        assert error(serving, serving.deploy(inference("champion")), body, headers=headers).startswith(
            message
        )

    def test_another_content_type_is_refused(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        message = error(serving, path, b"a,b", 415, headers={"Content-Type": "text/csv"})
        assert message.startswith("content type 'text/csv' is not supported; send application/json")

    def test_no_records_are_answered_with_none(self, serving: Serving) -> None:
        assert serving.infer(serving.deploy(), []) == []


class TestAccess:
    def test_a_token_of_a_client_infers_without_a_membership(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        token = serving.instance.grant(grant_type="client_credentials").json()["access_token"]
        reply = serving.instance.http.post(path, json=[HOUSE], headers={"Authorization": f"Bearer {token}"})
        assert reply.status_code == 200

    def test_a_user_needs_one(self, serving: Serving) -> None:
        path = serving.deploy(inference("champion"))
        assert serving.post(path, [HOUSE], user=JOHN).status_code == 403

    def test_only_a_running_deployment_answers(self, serving: Serving) -> None:
        serving.instance.control("readiness", kind="deployment", mode="never")
        path = serving.deploy(inference("champion"))
        assert error(serving, path, [HOUSE], 503) == "pipeline houses is not running yet"
        serving.instance.ok("pipelines/undeploy", deployment_id=1)
        assert serving.post(path, [HOUSE]).status_code == 404

    def test_what_is_not_onnx_is_not_run(self, serving: Serving) -> None:
        serving.instance.control(
            "seed", model_versions=[{**ref("other"), "workspace_id": 1, "file_name": "other.zip"}]
        )
        message = error(serving, serving.deploy(inference("other")), [HOUSE], 501)
        assert message == "the emulator runs ONNX models only, and model 'other' is not one that it has kept"
