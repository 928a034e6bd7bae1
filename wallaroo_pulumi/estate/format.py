"""The estate file's format: a model for each kind of object, derived from the inputs of the resource.

Does not import Pulumi. ``export`` makes these models, ``loading`` reads them, ``declarations`` declares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
    model_validator,
)

from ..api import spelling
from ..core.fields import (
    COMPUTED_IN_CHECK,
    SECRET,
    Amount,
    Count,
    DnsLabel,
    Email,
    KeyText,
    Role,
    Seconds,
    Threshold,
)
from ..core.json_values import InvalidValue, JsonObject, Place
from ..resources import RESOURCES
from ..resources._engine_config import AccelName, Arch, Engines, Memory

CONFIG: Final = "wallaroo-estate"
"""The namespace of the estate's own configuration."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Part(BaseModel):
    """A part of an estate."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectPart(Part):
    """A part that declares an object."""

    kind: ClassVar[str]

    def inputs(self) -> dict[str, Any]:
        """The values of the resource's inputs that have the same names here."""
        return self.model_dump(include=set(RESOURCES[self.kind].inputs.model_fields))


def _inputs(kind: str, *given_elsewhere: str) -> Any:
    """A base class with the inputs of a kind, without secrets and those that the estate gives by other means."""
    fields: dict[str, Any] = {}
    for name, field in RESOURCES[kind].inputs.model_fields.items():
        if name in given_elsewhere or COMPUTED_IN_CHECK in field.metadata or SECRET in field.metadata:
            continue
        default = ... if field.is_required() else field.get_default(call_default_factory=True)
        described = Field(description=field.description)
        fields[name] = (Annotated[(field.annotation, *field.metadata, described)], default)
    base = create_model(f"{kind}InputsPart", __base__=ObjectPart, __module__=__name__, **fields)
    base.kind = kind
    return base


def _distinct(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Reject keys that become the same when they are validated, such as e-mail addresses that differ in case."""
    valid = validate(value)
    if len(valid) < len(value):
        seen: dict[Any, Any] = {}
        for key, part in value.items():
            (canonical,) = validate({key: part})
            if canonical in seen:
                raise InvalidValue((key,), f"duplicate key: the same as {seen[canonical]!r}")
            seen[canonical] = key
    return valid


Objects = Annotated[dict[Key, Value], WrapValidator(_distinct), Field(default_factory=dict)]
"""Objects by what identifies them."""


def _email_or_id(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) and "@" in value else value


MemberKey = Annotated[str, BeforeValidator(_email_or_id), Field(min_length=1)]
"""A user's e-mail address; the id of a user who has none."""
Name = Annotated[str, Field(min_length=1)]

_PROTECT: Final = "Whether Pulumi refuses to delete or replace the object."
_PROTECT_INSIDE: Final = f"{_PROTECT} The workspace's setting if not given."
ProtectInside = Annotated[bool | None, Field(description=_PROTECT_INSIDE)]


class UserPart(_inputs("User", "email")):  # type: ignore[misc]  # derived
    """An account. The key is its e-mail address."""

    protect: bool = Field(default=False, description=_PROTECT)


class ModelPart(_inputs("ModelVersion", "workspace_id", "name", "registry_id")):  # type: ignore[misc]  # derived
    """A version of a model. The key is the model's name, or any other name for a second version of a model."""

    path: str | None = Field(
        default=None, min_length=1, description="The model's file, relative to the folder of the estate file."
    )
    registry: Name | None = Field(
        default=None,
        description="Instead of a file, with `registry_path`: a model registry that the workspace uses, as in its "
        "`registries`.",
    )
    name: DnsLabel | None = Field(default=None, description="The model's name, if it is not the key.")
    protect: ProtectInside = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("path", "image_path", "registry") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a model has exactly one of path, image_path and registry")
        if (self.registry is None) != (self.registry_path is None):
            raise ValueError("give registry and registry_path together")
        return self


def _some_weight(weights: dict[str, float]) -> dict[str, float]:
    if not any(weights.values()):
        raise ValueError("at least one weight must be greater than 0")
    return weights


Weights = Annotated[dict[str, Threshold], Field(min_length=1), AfterValidator(_some_weight)]
"""Models and their share of the requests."""


class StepPart(Part):
    """A step of a pipeline: the name of a model, or an object with exactly one of `model`, `shadow`, `split`, `api`."""

    model: str | None = Field(
        default=None, description="Inference with one model; the same as its name alone."
    )
    shadow: Annotated[list[str], Field(min_length=2)] | None = Field(
        default=None, description="The first model answers, and the others infer in its shadow."
    )
    split: Weights | None = Field(
        default=None, description="An A/B test: models and their share of the requests."
    )
    hash_key: KeyText | None = Field(
        default=None,
        description="With `split`: a field of the request; requests with the same value go to the same model.",
    )
    api: JsonObject | None = Field(
        default=None,
        description="The step as the API stores it, with `{model: <name>}` where it refers to a model version.",
    )

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"model": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in ("model", "shadow", "split", "api") if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError("a step is a model's name, or has exactly one of shadow, split and api")
        if self.hash_key is not None and self.split is None:
            raise ValueError("hash_key is for steps with split only")
        if self.api is not None and (len(self.api) != 1 or not self.api.keys() <= _API_STEPS):
            raise ValueError(f"api has exactly one of the keys {', '.join(sorted(_API_STEPS))}")
        return self

    def models(self) -> list[str]:
        """The keys of the models that it uses."""
        if self.api is not None:
            names: list[str] = []
            with_models(self.api, names.append)
            return names
        return [self.model] if self.model is not None else self.shadow or list(self.split or ())


_API_STEPS = {*spelling.STEP.names.values()}


def with_models(step: Any, ref: Callable[[str], Any]) -> Any:
    """A step in the API's form, or a part of it, with ``ref(name)`` in place of each ``{model: <name>}``."""
    match step:
        case {"model": str(name), **rest} if not rest:
            return ref(name)
        case Mapping():
            return {key: with_models(part, ref) for key, part in step.items()}
        case list() | tuple():
            return [with_models(part, ref) for part in step]
    return step


class EnginePart(Part):
    """Engines: arguments of the builder `engine_config`, or the whole configuration."""

    cpus: Amount | None = Field(default=None, description="CPUs of each engine, such as 0.5.")
    memory: Memory | None = Field(default=None, description="Memory of each engine, such as `512Mi`.")
    gpus: Count | None = Field(default=None, description="GPUs of each engine.")
    arch: Arch | None = Field(default=None, description="The processor architecture of the models.")
    accel: AccelName | None = Field(default=None, description="The accelerator of the models.")
    engine_config: Engines | None = Field(
        default=None, description="The whole configuration, as programs give it, in place of the keys above."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.builder_arguments()
        if self.engine_config is not None and given:
            raise ValueError(f"give {next(iter(given))} in engine_config, or without it")
        return self

    def builder_arguments(self) -> dict[str, Any]:
        """The arguments of the builder `engine_config`."""
        return self.model_dump(include=_BUILDER_ARGUMENTS, exclude_none=True)


_BUILDER_ARGUMENTS: Final = {"cpus", "memory", "gpus", "replicas", "arch", "accel", "node_selector"}


class DeployPart(EnginePart):
    """A deployment of the pipeline. The keys are arguments of the builder `engine_config`."""

    replicas: Count | None = Field(default=None, description="The number of engines.")
    node_selector: KeyText | None = Field(
        default=None, description="A label of the cluster's nodes, such as `pool:gpu`."
    )
    timeout: Seconds | None = Field(
        default=None, description="Seconds to wait for the engines to run or to end. Default: 600."
    )
    protect: ProtectInside = None


class EdgePart(_inputs("Edge", "name", "publish_id")):  # type: ignore[misc]  # derived
    """A location outside the instance that runs the publish. The key is its name, unique on the instance."""

    protect: ProtectInside = None


class PublishPart(EnginePart, _inputs("PipelinePublish", "pipeline_version_id", "models", "engine_config")):  # type: ignore[misc]  # derived
    """The pipeline's latest version, published for edges. The key is any name; it is not on the instance."""

    edges: Objects[Name, EdgePart] = Field(description="The edges that run it.")
    protect: ProtectInside = None

    @model_validator(mode="after")
    def _valid_for_an_edge(self) -> Self:
        if (self.gpus or 0) > 1:
            raise InvalidValue(("gpus",), "must be 1: a publish only says whether an edge has GPUs")
        return self


class PipelinePart(_inputs("Pipeline", "workspace_id", "name")):  # type: ignore[misc]  # derived
    """A pipeline of the workspace's models. The key is its name."""

    steps: list[StepPart] = Field(description="The steps, in order. `[]`: a pipeline without steps.")
    deploy: DeployPart | None = Field(
        default=None, description="Deploys the pipeline; `{}` with the instance's defaults."
    )
    publishes: Objects[Name, PublishPart] = Field(
        description="Publishes the pipeline for edges, each with an engine configuration of its own."
    )
    protect: ProtectInside = None

    def models(self) -> list[str]:
        """The keys of the models that it uses, each once."""
        return list(dict.fromkeys(model for step in self.steps for model in step.models()))


class OrchestrationPart(_inputs("Orchestration", "workspace_id", "name")):  # type: ignore[misc]  # derived
    """Python code that tasks run. The key is its name, or any other name for a second one of the same name."""

    path: str = Field(min_length=1, description="The zip file, relative to the folder of the estate file.")
    name: KeyText | None = Field(default=None, description="The orchestration's name, if it is not the key.")
    protect: ProtectInside = None


class TaskPart(_inputs("Task", "workspace_id", "orchestration_id", "name")):  # type: ignore[misc]  # derived
    """A task, scheduled or continuous. The key is its name, or any other name for a second one of the same name."""

    orchestration: Name = Field(description="The key of the orchestration that it runs.")
    name: KeyText | None = Field(default=None, description="The task's name, if it is not the key.")
    protect: ProtectInside = None


class AssayPart(_inputs("Assay", "workspace_id", "name")):  # type: ignore[misc]  # derived
    """An assay of one of the workspace's pipelines. The key is its name, unique on the instance."""

    protect: ProtectInside = None


def _each_once(names: list[str]) -> list[str]:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InvalidValue((index,), f"duplicate entry {name!r}")
    return names


class WorkspacePart(_inputs("Workspace", "name")):  # type: ignore[misc]  # derived
    """A workspace and the objects in it. The key is its name."""

    protect: bool = Field(default=False, description=f"{_PROTECT} Also for the objects in the workspace.")
    delete_adopted: bool = Field(
        default=False,
        description="Whether members, and attached connections and registries, that existed before the stack adopted "
        "them are removed when their line is. By default they are left as they were found.",
    )
    members: Objects[MemberKey, Role] = Field(
        description="Members and their roles: e-mail addresses, or ids of users who have none."
    )
    connections: Annotated[list[Name], AfterValidator(_each_once)] = Field(
        default_factory=list, description="Names of connections that the workspace uses."
    )
    registries: Annotated[list[Name], AfterValidator(_each_once)] = Field(
        default_factory=list,
        description="Model registries that the workspace uses: keys of `registries`, or ids of others.",
    )
    models: Objects[DnsLabel, ModelPart] = Field(description="Model versions.")
    pipelines: Objects[DnsLabel, PipelinePart] = Field(
        description="Pipelines, with their deployments, publishes and edges."
    )
    orchestrations: Objects[KeyText, OrchestrationPart] = Field(description="Code that tasks run.")
    tasks: Objects[KeyText, TaskPart] = Field(description="Scheduled and continuous tasks.")
    assays: Objects[KeyText, AssayPart] = Field(description="Assays of pipelines.")

    @model_validator(mode="after")
    def _known_models(self) -> Self:
        for name, pipeline in self.pipelines.items():
            for index, step in enumerate(pipeline.steps):
                for model in step.models():
                    if model not in self.models:
                        place: Place = ("pipelines", name, "steps", index)
                        raise InvalidValue(place, f"the workspace has no model {model!r}; add it to models")
        return self

    @model_validator(mode="after")
    def _known_registries(self) -> Self:
        for key, model in self.models.items():
            if model.registry is not None and model.registry not in self.registries:
                raise InvalidValue(
                    ("models", key, "registry"),
                    f"the workspace does not use {model.registry!r}; add it to registries",
                )
        return self

    @model_validator(mode="after")
    def _known_orchestrations(self) -> Self:
        for key, task in self.tasks.items():
            if task.orchestration not in self.orchestrations:
                raise InvalidValue(
                    ("tasks", key, "orchestration"),
                    f"the workspace has no orchestration {task.orchestration!r}; add it to orchestrations",
                )
        return self


class ConnectionPart(_inputs("Connection", "name")):  # type: ignore[misc]  # derived
    """A connection to a data source. The key is its name."""

    details: JsonObject = Field(
        default_factory=dict, description="What orchestrations need to connect, without secrets: any keys."
    )
    secret_details: dict[str, Name] = Field(
        default_factory=dict,
        description="Secret details: the key of the detail, and the key of the stack configuration that contains it.",
    )
    secret_json: dict[str, Name] = Field(
        default_factory=dict,
        description="The same for values that are not text: the configuration contains them as JSON.",
    )
    protect: bool = Field(default=False, description=_PROTECT)

    @model_validator(mode="after")
    def _each_detail_once(self) -> Self:
        for mine, others in (
            ("secret_details", ("details",)),
            ("secret_json", ("details", "secret_details")),
        ):
            for key in getattr(self, mine):
                if found := next((other for other in others if key in getattr(self, other)), None):
                    raise InvalidValue((mine, key), f"is also in {found}; keep one of them")
        return self


class RegistryPart(_inputs("ModelRegistry", "name")):  # type: ignore[misc]  # derived
    """A model registry outside the instance. The key is its name, or any other name for a second one of that name."""

    secret_token: Name = Field(description="The key of the stack configuration that contains the token.")
    name: KeyText | None = Field(default=None, description="The registry's name, if it is not the key.")
    protect: bool = Field(default=False, description=_PROTECT)


class Estate(Part):
    """The objects of an instance that a stack manages."""

    users: Objects[Email, UserPart] = Field(description="Accounts.")
    workspaces: Objects[DnsLabel, WorkspacePart] = Field(description="Workspaces, with the objects in them.")
    connections: Objects[Name, ConnectionPart] = Field(description="Connections to data sources.")
    registries: Objects[KeyText, RegistryPart] = Field(description="Model registries.")
