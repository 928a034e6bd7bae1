"""Models through the SDK."""

import pyarrow
from wallaroo import Client
from wallaroo.framework import Framework
from wallaroo.model_version import ModelVersion
from wallaroo.wallaroo_ml_ops_api_client.api.model import delete_model


def upload(client: Client, workspace: str, name: str, path: str) -> dict:
    """An ONNX model, which the engine runs as it is."""
    client.set_current_workspace(client.get_workspace(workspace))
    return _observed(client.upload_model(name, path, framework=Framework.ONNX))


def upload_converted(client: Client, workspace: str, name: str, path: str) -> dict:
    """A model that is converted first, and needs schemas."""
    client.set_current_workspace(client.get_workspace(workspace))
    schema = pyarrow.schema([pyarrow.field("inputs", pyarrow.list_(pyarrow.float32()))])
    model = client.upload_model(
        name, path, framework=Framework.SKLEARN, input_schema=schema, output_schema=schema
    )
    return _observed(model) | {"logs": len(model.get_upload_logs())}


def register_image(client: Client, workspace: str, name: str, image: str) -> dict:
    """A container image of an MLflow model."""
    client.set_current_workspace(client.get_workspace(workspace))
    return _observed(client.register_model_image(name, image))


def configure(client: Client, workspace: str, name: str, tensor_fields: list) -> dict:
    model = _model(client, workspace, name)
    model.configure(tensor_fields=tensor_fields)
    return {"tensor_fields": model.config().tensor_fields()}


def look(client: Client, workspace: str, name: str) -> dict:
    """The latest version, found in each of the ways that the SDK has."""
    version = _model(client, workspace, name)
    workspace_id = version.workspace().id()
    (model,) = client.list_models(workspace_name=workspace)
    ways = [
        *model.versions(),
        client.get_model(name, version=version.version()),
        client.model_by_name(name, version.version(), workspace_id=workspace_id),
        client.model_version_by_name(name, version.version()),
        *client.search_models(name),
        *client.search_model_versions(version.sha(), workspace_id=workspace_id),
    ]
    assert {way.id() for way in ways} == {version.id()}
    return _observed(version)


def delete(client: Client, workspace_id: int, name: str) -> int:
    """The high-level client has no way to delete a model."""
    body = delete_model.DeleteModelBody(name, workspace_id, confirm_delete=True)
    return delete_model.sync(client=client.mlops(), body=body).bytes_


def _model(client: Client, workspace: str, name: str) -> ModelVersion:
    client.set_current_workspace(client.get_workspace(workspace))
    return client.get_model(name)


def _observed(version: ModelVersion) -> dict:
    return {
        "id": version.id(),
        "name": version.name(),
        "version": version.version(),
        "sha": version.sha(),
        "status": version.status(),
        "file_name": version.file_name(),
        "arch": version.arch(),
        "workspace": version.workspace().name(),
        "runtime": version.config().runtime(),
    }
