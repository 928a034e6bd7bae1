"""Tags, and who sees a model or a pipeline, through the SDK."""

from wallaroo import Client
from wallaroo.visibility import _Visibility


def life(client: Client, workspace: str, model: str, pipeline: str, text: str) -> dict:
    """Make a tag, put it on a model and a pipeline, and take it away again."""
    client.set_current_workspace(client.get_workspace(workspace))
    version, built = client.get_model(model), client.get_pipeline(pipeline)
    tag = client.create_tag(text)
    tag.add_to_model(version.id())
    tag.add_to_pipeline(built.id())
    on = {
        "listed": [listed.tag() for listed in client.list_tags()],
        "models": [found.name() for found in tag.list_model_versions()],
        "pipelines": [found.name() for found in tag.list_pipelines()],
        "of the model": [found.tag() for found in client.get_model(model).tags()],
        "of the pipeline": [found.tag() for found in client.get_pipeline(pipeline).tags()],
    }
    tag.remove_from_model(version.id())
    tag.remove_from_pipeline(built.id())
    off = [*client.get_model(model).tags(), *client.get_pipeline(pipeline).tags()]
    return on | {"left": len(off)}


def make_public(client: Client, workspace: str, model: str, pipeline: str) -> None:
    """Change the visibility of a model and a pipeline, in the only way that the SDK has."""
    client.set_current_workspace(client.get_workspace(workspace))
    client.get_model(model)._update_visibility(_Visibility.PUBLIC)
    client.get_pipeline(pipeline)._update_visibility(_Visibility.PUBLIC)
