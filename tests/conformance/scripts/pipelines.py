"""Pipelines and deployments through the SDK."""

import pandas
import polars
from wallaroo import Client
from wallaroo.deployment_config import DeploymentConfigBuilder
from wallaroo.object import EntityNotFoundError
from wallaroo.pipeline import Pipeline
from wallaroo.wallaroo_ml_ops_api_client.api.misc import status_get_deployment
from wallaroo.wallaroo_ml_ops_api_client.api.pipelines import (
    delete_pipeline,
    get_pipeline_by_name,
    list_pipeline_versions,
)


def build(client: Client, workspace: str, name: str, model: str) -> dict:
    """A pipeline of one model, uploaded and not deployed."""
    client.set_current_workspace(client.get_workspace(workspace))
    pipeline = client.build_pipeline(name).add_model_step(client.get_model(model))
    pipeline.create_version()
    return _observed(pipeline)


def build_of_each_sort(client: Client, workspace: str, champion: str, challenger: str) -> list:
    """Pipelines with steps of each sort that the SDK makes, named by the sort and not deployed."""
    client.set_current_workspace(client.get_workspace(workspace))
    first, second = client.get_model(champion), client.get_model(challenger)
    pipelines = [
        client.build_pipeline("shadow").add_shadow_deploy(first, [second]),
        client.build_pipeline("split").add_random_split([(2.0, first), (1.0, second)]),
        client.build_pipeline("keyed").add_random_split([(2.0, first), (1.0, second)], "customer"),
        client.build_pipeline("routed").add_key_split(first, "country", {"de": second}),
        client.build_pipeline("checked")
        .add_model_step(first)
        .add_validations(cheap=polars.col("out.price") < 500_000),
        client.build_pipeline("audited").add_multi_model_step([first, second]).add_audit("1:").add_select(0),
    ]
    for pipeline in pipelines:
        pipeline.create_version()
    client.build_pipeline("empty")  # one version, without steps
    return [*(pipeline.name() for pipeline in pipelines), "empty"]


def deploy(client: Client, workspace: str, name: str, model: str, cpus: float | None = None) -> dict:
    client.set_current_workspace(client.get_workspace(workspace))
    pipeline = client.build_pipeline(name).add_model_step(client.get_model(model))
    config = DeploymentConfigBuilder().cpus(cpus).memory("512Mi").build() if cpus else None
    pipeline.deploy(deployment_config=config)
    return _observed(pipeline) | {"status": pipeline.status()["status"], "url": pipeline.url()}


def undeploy(client: Client, workspace: str, name: str) -> None:
    _pipeline(client, workspace, name).undeploy()


def publish(client: Client, workspace: str, name: str, model: str, edge: str) -> int:
    """Publish a pipeline of one model and add an edge; the publish's id."""
    client.set_current_workspace(client.get_workspace(workspace))
    publish = client.build_pipeline(name).add_model_step(client.get_model(model)).publish()
    publish.add_edge(edge, tags=["north"])
    return publish.id


def look(client: Client, workspace: str, name: str) -> dict:
    """The pipeline, found in each of the ways that the SDK has."""
    pipeline = _pipeline(client, workspace, name)
    latest = pipeline.versions()[0].name()
    ways = [
        *client.list_pipelines(workspace_name=workspace),
        *client.pipelines_by_name(name, workspace_name=workspace),
        client.get_pipeline(name, version=latest),
        *(version.pipeline() for version in client.search_pipelines(name)),
        *(version.pipeline() for version in client.search_pipeline_versions(latest)),
    ]
    assert {way.id() for way in ways} == {pipeline.id()}
    return _observed(pipeline)


def deployment(client: Client, name: str) -> dict:
    """The deployment, found in each of the ways that the SDK has."""
    found = client.deployment_by_name(name)
    listed = {other.id(): other.deployed() for other in client.list_deployments()}
    try:
        status = found.status()["status"]
    except EntityNotFoundError:
        status = None
    (version,) = found.pipeline_versions()
    return {
        "id": found.id(),
        "deployed": found.deployed(),
        "listed": listed[found.id()],
        "status": status,
        "version": version.name(),
        "models": [config.model_version().name() for config in found.model_configs()],
        "url": found.url(),
    }


def infer(client: Client, workspace: str, name: str, records: list) -> list:
    """The prices that are predicted."""
    found = _pipeline(client, workspace, name).infer(pandas.DataFrame(records))
    return [*found["out.price"]]


def generated(client: Client, workspace_id: int, name: str) -> dict:
    """What the generated client reads."""
    api = client.mlops()
    by_name = get_pipeline_by_name.GetPipelineByNameBody(name, workspace_id)
    versions = list_pipeline_versions.ListPipelineVersionsBody(name, workspace_id)
    return {
        "id": get_pipeline_by_name.sync(client=api, body=by_name).pipeline.id,
        "versions": [
            str(listed.pipeline_version.version)
            for listed in list_pipeline_versions.sync(client=api, body=versions).pipeline_versions
        ],
    }


def generated_status(client: Client, name: str) -> str:
    """A deployment's status as the generated client reads it, which it cannot."""
    body = status_get_deployment.StatusGetDeploymentBody(name)
    return status_get_deployment.sync(client=client.mlops(), body=body).status


def delete(client: Client, workspace_id: int, name: str) -> None:
    """The high-level client has no way to delete a pipeline."""
    body = delete_pipeline.DeletePipelineBody(name, workspace_id)
    assert delete_pipeline.sync(client=client.mlops(), body=body).pipeline_id == name


def _pipeline(client: Client, workspace: str, name: str) -> Pipeline:
    client.set_current_workspace(client.get_workspace(workspace))
    return client.get_pipeline(name)


def _observed(pipeline: Pipeline) -> dict:
    version = pipeline.versions()[0]
    return {
        "id": pipeline.id(),
        "name": pipeline.name(),
        "versions": len(pipeline.versions()),
        "version_id": version.id(),
        "version": version.name(),
        "steps": pipeline.get_pipeline_configuration()["definition"].get("steps"),
        "models": [config.model_version().name() for config in version.model_configs()],
        "workspace": pipeline.workspace().name(),
    }
