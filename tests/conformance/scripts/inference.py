"""Inference and its log through the SDK."""

import datetime
import json
from pathlib import Path

import pandas
import polars
import pyarrow
from wallaroo import Client
from wallaroo.pipeline import Pipeline


def deploy(client: Client, workspace: str, name: str, kind: str, models: list) -> str:
    """Deploy a pipeline of one kind and return its status."""
    client.set_current_workspace(client.get_workspace(workspace))
    first, *others = [client.get_model(model) for model in models]
    pipeline = client.build_pipeline(name)
    match kind:
        case "plain":
            pipeline.add_model_step(first)
        case "shadow":
            pipeline.add_shadow_deploy(first, others)
        case "split":
            pipeline.add_random_split([(2.0, first), *((1.0, other) for other in others)])
        case "validated":
            price = polars.col("out.price").list.get(0)
            pipeline.add_model_step(first).add_validations(too_high=price > 100.0, negative=price < 0.0)
    return pipeline.deploy().status()["status"]


def infer(client: Client, workspace: str, name: str, records: list, arrow: bool = False) -> list:
    """The results for a DataFrame or an Arrow table, with the SDK's default parameters."""
    fields = [pyarrow.field(field, pyarrow.list_(pyarrow.float32())) for field in records[0]]
    table = pyarrow.Table.from_pylist(records, schema=pyarrow.schema(fields))
    found = _pipeline(client, workspace, name).infer(table if arrow else table.to_pandas())
    assert isinstance(found, pyarrow.Table if arrow else pandas.DataFrame)
    return _rows(found)


def infer_columns(client: Client, workspace: str, name: str, records: list, **dataset: list) -> list:
    """The names of the columns for a choice of data."""
    return [*_pipeline(client, workspace, name).infer(pandas.DataFrame(records), **dataset)]


def logs(client: Client, workspace: str, name: str) -> dict:
    """The log in the forms that the SDK has."""
    pipeline = _pipeline(client, workspace, name)
    now, hour = datetime.datetime.now(datetime.UTC), datetime.timedelta(hours=1)
    return {
        "default": _rows(pipeline.logs()),
        "limit": _rows(pipeline.logs(limit=1)),
        "arrow": _rows(pipeline.logs(arrow=True)),
        "last hour": _rows(pipeline.logs(start_datetime=now - hour, end_datetime=now + hour)),
        "hour before": _rows(pipeline.logs(start_datetime=now - 2 * hour, end_datetime=now - hour)),
        "failed": _rows(pipeline.logs(valid=False)),
        "raw": len(client.get_raw_logs(pipeline.get_topic_name())),
    }


def log_columns(client: Client, workspace: str, name: str, dataset: list) -> list:
    return [*_pipeline(client, workspace, name).logs(dataset=dataset)]


def export_logs(client: Client, workspace: str, name: str, folder: str) -> dict:
    """Export the log in both formats and return the number of records in each."""
    pipeline = _pipeline(client, workspace, name)
    pipeline.export_logs(directory=f"{folder}/json")
    pipeline.export_logs(directory=f"{folder}/arrow", arrow=True)
    (lines,) = Path(folder, "json").iterdir()
    (table,) = Path(folder, "arrow").iterdir()
    return {
        "json": len(lines.read_text().splitlines()),
        "arrow": pyarrow.ipc.open_file(table).read_all().num_rows,
    }


def _pipeline(client: Client, workspace: str, name: str) -> Pipeline:
    client.set_current_workspace(client.get_workspace(workspace))
    return client.get_pipeline(name)


def _rows(found: pandas.DataFrame | pyarrow.Table) -> list:
    """Records without their times, which must be times."""
    frame = found.to_pandas() if isinstance(found, pyarrow.Table) else pandas.DataFrame(found)
    if not len(frame):
        return []
    assert pandas.api.types.is_datetime64_any_dtype(frame["time"])
    return json.loads(frame.drop(columns="time").to_json(orient="records"))
