"""The estate file's format: its models, and how a file is read and validated. Does not import Pulumi."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from ..core.check import explain
from ..core.fields import Adopt, AdoptSame, DnsLabel, Email, Role
from ..core.json_values import JsonObject
from ..errors import WallarooError
from ..resources._model_config import ContinuousBatching, DynamicBatching, OpenAi
from ..resources._steps import Step
from ..resources.model_version import Framework


class EstateError(WallarooError):
    """The estate file is not good: one line for each problem, with file, line and path."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _email_or_id(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) and "@" in value else value


MemberKey = Annotated[str, BeforeValidator(_email_or_id), Field(min_length=1)]
"""A user's e-mail address, or his id where he has none."""

ConnectionKey = Annotated[str, Field(min_length=1)]

CONFIG: Final = "wallaroo-estate"
"""The namespace of the estate's own configuration."""


def _each_once(names: list[str]) -> list[str]:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)} stands twice")
    return names


class UserPart(_Part):
    """A user's account; the keys are the inputs of User, and ``protect`` is Pulumi's option."""

    first_name: str | None = None
    last_name: str | None = None
    is_admin: bool = False
    enabled: bool = True
    protect: bool = False


class ModelPart(_Part):
    """A model's file; the keys are the inputs of ModelVersion, and ``protect`` is Pulumi's option.

    ``name`` is for a further version of a model that stands there already: it goes by another key then.
    """

    name: DnsLabel | None = None
    path: Annotated[str, Field(min_length=1)]
    framework: Framework
    arch: str | None = None
    accel: str | None = None
    python_version: str | None = None
    requirements: list[str] | None = None
    framework_config: JsonObject | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    visibility: str = "private"
    tensor_fields: list[str] | None = None
    batch_config: str | None = None
    filter_threshold: float | None = None
    dynamic_batching: DynamicBatching | None = None
    continuous_batching: ContinuousBatching | None = None
    openai: OpenAi | None = None
    force_destroy: bool = False
    timeout: PositiveFloat | None = None
    protect: bool | None = None


class StepPart(_Part):
    """A step: one model, several, or the API's own form of it. A name alone is the step of one model."""

    model: str | None = None
    shadow: Annotated[list[str] | None, Field(min_length=2)] = None
    split: Annotated[dict[str, float] | None, Field(min_length=1)] = None
    hash_key: str | None = None
    api: JsonObject | None = None

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
        if self.api is not None:
            names: list[str] = []
            with_models(self.api, names.append)
            return names
        return [self.model] if self.model is not None else self.shadow or list(self.split or ())


_API_STEPS = {str(field.alias) for field in Step.model_fields.values()}


def with_models(step: Any, ref: Callable[[str], Any]) -> Any:
    """A step in the API's form, or a part of it, with what ``ref`` makes of a name for each ``{model: <name>}``."""
    match step:
        case {"model": str(name), **rest} if not rest:
            return ref(name)
        case Mapping():
            return {key: with_models(part, ref) for key, part in step.items()}
        case list() | tuple():
            return [with_models(part, ref) for part in step]
    return step


class DeployPart(_Part):
    """A deployment; the keys are those of ``engine_config``, and ``protect`` is Pulumi's option."""

    cpus: PositiveFloat | None = None
    memory: str | None = None
    gpus: PositiveInt | None = None
    replicas: PositiveInt | None = None
    arch: str | None = None
    accel: str | None = None
    node_selector: str | None = None
    timeout: PositiveFloat | None = None
    protect: bool | None = None


class PipelinePart(_Part):
    """A pipeline of the workspace's models, and its deployment."""

    steps: list[StepPart]
    deploy: DeployPart | None = None
    force_destroy: bool = False
    protect: bool | None = None

    def models(self) -> list[str]:
        """The names of its models, each once."""
        return list(dict.fromkeys(model for step in self.steps for model in step.models()))


class WorkspacePart(_Part):
    """A workspace and its members; the keys are the inputs of Workspace, and ``protect`` is Pulumi's option."""

    adopt: Adopt = "if_empty"
    force_destroy: bool = False
    protect: bool = False
    members: dict[MemberKey, Role] = Field(default_factory=dict)
    connections: Annotated[list[str], AfterValidator(_each_once)] = Field(default_factory=list)
    models: dict[DnsLabel, ModelPart] = Field(default_factory=dict)
    pipelines: dict[DnsLabel, PipelinePart] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_models(self) -> Self:
        for name, pipeline in self.pipelines.items():
            if unknown := [model for model in pipeline.models() if model not in self.models]:
                raise ValueError(
                    f"pipeline {name} has a step of model {unknown[0]}, which is not among the models"
                )
        return self


class ConnectionPart(_Part):
    """A connection; ``secret_details`` are the keys of its details whose values are secrets of the configuration.

    ``secret_json`` are those whose values are no text: the configuration holds them as JSON.
    """

    type: str
    details: JsonObject = Field(default_factory=dict)
    secret_details: dict[str, str] = Field(default_factory=dict)
    secret_json: dict[str, str] = Field(default_factory=dict)
    adopt: AdoptSame = "if_same"
    protect: bool = False


class Estate(_Part):
    """A whole estate file."""

    users: dict[Email, UserPart | None] = Field(default_factory=dict)
    workspaces: dict[DnsLabel, WorkspacePart | None] = Field(default_factory=dict)
    connections: dict[ConnectionKey, ConnectionPart] = Field(default_factory=dict)


def load(file: Path) -> Estate:
    """Read and validate an estate file.

    Raises EstateError naming file, line and path of every problem: unreadable file, YAML errors, keys that stand
    twice, unknown keys, values of a wrong type or outside the rules.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EstateError(f"{file}: cannot be read: {error}") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
        lines: dict[tuple[str, ...], int] = {}
        problems = [
            f"{file}, line {line}, {'.'.join(path)}: stands twice" for path, line in _walk(node, (), lines)
        ]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else str(file)
        raise EstateError(f"{where}: no good YAML: {getattr(error, 'problem', None) or error}") from None
    except ValueError as error:  # a date that is none
        raise EstateError(f"{file}: no good YAML: {error}; put quotes around what is no date") from None
    except RecursionError:
        raise EstateError(f"{file}: no good YAML: an alias that refers to itself") from None
    if problems:
        raise EstateError("\n".join(problems))
    try:
        return Estate.model_validate(data if data is not None else {})
    except ValidationError as error:
        raise EstateError("\n".join(_problem(file, lines, problem) for problem in error.errors())) from None


def _walk(
    node: yaml.Node | None, path: tuple[str, ...], lines: dict[tuple[str, ...], int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Note the line of every path in ``lines``; yield the keys that stand twice, which YAML itself lets pass."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, str(index))] = item.start_mark.line + 1
            yield from _walk(item, (*path, str(index)), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        below = (*path, str(key.value))
        # E-mail addresses are the same in any case of letters.
        name = below[-1].strip().lower() if path[-1:] in (("users",), ("members",)) else below[-1]
        if name in seen:
            yield below, key.start_mark.line + 1
        seen.add(name)
        lines[below] = key.start_mark.line + 1
        yield from _walk(value, below, lines)


def _problem(file: Path, lines: Mapping[tuple[str, ...], int], problem: ErrorDetails) -> str:
    path = tuple(str(part) for part in problem["loc"] if part != "[key]")
    line = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), 1)
    return f"{file}, line {line}, {'.'.join(path) or 'top'}: {_words(problem)}"


def _words(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return "is not a key of the estate file here"
    return explain(problem)
