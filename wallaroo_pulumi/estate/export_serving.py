"""The models and pipelines of a workspace, and the publishes of these, as parts of an estate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..api import Client, spelling, wire
from ..core.context import Context
from ..resources._engine_config import EngineConfig
from .contents import Object
from .export_checks import Skip, Skipped, read, require_adopted, require_valid, why
from .format import DeployPart, ModelPart, PipelinePart, PublishPart, StepPart
from .safe_values import require_no_secret

_WHY_NO_EDGES: Final = (
    "a join token cannot be read again; an edge that the file declares with `adopt: renew` gets a new one"
)


@dataclass
class Serving:
    """The models and pipelines of one workspace."""

    client: Client
    ctx: Context[Client]
    workspace: wire.Workspace
    files: Mapping[str, Path]
    """The models' files by their SHA-256."""
    skip: Skip
    skipped: Skipped
    models: dict[str, ModelPart] = field(default_factory=dict)
    pipelines: dict[str, PipelinePart] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    """The keys of the exported model versions, by UUID."""

    def read(self, objects: Sequence[Object]) -> None:
        """Fill in ``models`` and ``pipelines``; ``objects`` are the workspace's, for deployments and publishes."""
        steps = dict(self._steps())
        used = {ref["version"] for each in steps.values() for ref in _refs(each)}
        for listed in self.client.models.list(self.workspace.id) if self.workspace.models else ():
            self._add_versions(listed, used)
        for name, each in steps.items():
            try:
                require_valid("Pipeline", {"workspace_id": self.workspace.id, "name": name, "steps": each})
                self.pipelines[name] = PipelinePart(
                    steps=[_step(step, self._keys) for step in each], tags=self._tags(name), protect=True
                )
            except ValueError as error:
                self._skip(f"pipeline {name!r}", why(error))
        made = {
            kind: [o for o in objects if o.kind == kind] for kind in ("Deployment", "PipelinePublish", "Edge")
        }
        for found in made["Deployment"]:
            self._deploy(found.name, found.id)
        for found in sorted(made["PipelinePublish"], key=lambda publish: int(publish.id)):
            self._publish(found)
        for found in made["Edge"]:
            self.skipped.add(found.kind, found.name, _WHY_NO_EDGES)

    def _deploy(self, name: str, id: str) -> None:
        """Add the deployment of a pipeline that is exported."""
        try:
            if name not in self.pipelines:
                raise ValueError("its pipeline is skipped")
            deploy = self._deployment(id)
            self.pipelines[name] = self.pipelines[name].model_copy(update={"deploy": deploy})
        except ValueError as error:
            self._skip(f"deployment of pipeline {name!r}", why(error))

    def _publish(self, found: Object) -> None:
        """Add a publish to its pipeline, if that is exported."""
        try:
            published = read(self.ctx, found.kind, found.id)
            name = published.pipeline_name
            if name not in self.pipelines:
                raise ValueError("the pipeline is skipped")
            if published.status == "Error":
                raise ValueError("publishing failed")
            if (
                published.pipeline_version
                != read(self.ctx, "Pipeline", f"{self.workspace.id}/{name}").version
            ):
                raise ValueError("the pipeline has a newer version")
            config = published.engine_config
            if config is not None:
                require_no_secret(_environment(config), "engine_config", plain=True)
            given = {"pipeline_version_id": published.pipeline_version_id, "models": []}
            require_adopted(
                self.ctx, found.kind, found.id, {**given, "engine_config": config and config.model_dump()}
            )
            publishes = self.pipelines[name].publishes
            part = PublishPart(edges={}, engine_config=config, protect=True)
            update = {"publishes": {**publishes, f"publish-{found.id}": part}}
            self.pipelines[name] = self.pipelines[name].model_copy(update=update)
        except ValueError as error:
            self.skipped.add(found.kind, found.name, why(error))

    def _skip(self, what: str, reason: str) -> None:
        self.skip(f"{what} of workspace {self.workspace.name!r}: {reason}")

    # --- models ------------------------------------------------------------------------------------------

    def _add_versions(self, listed: wire.ListedModel, used: Collection[str]) -> None:
        """Add the versions of a model that matter; ``used`` are the versions (UUIDs) in pipelines."""
        for found in self._relevant(listed, used):
            version, name = found.model_version, listed.model.name
            key = _free_key(name, version.id, self.models)
            try:
                self.models[key] = self._model(found, listed, key)
                self._keys[version.file_info.version] = key
            except ValueError as error:
                one = f"version {version.id} of " if len(listed.model_versions) > 1 else ""
                self._skip(f"{one}model {name!r}", why(error))

    def _relevant(
        self, listed: wire.ListedModel, used: Collection[str]
    ) -> Sequence[wire.ConfiguredModelVersion]:
        """The versions that pipelines use, the newest, and the newest whose file is available; the newest first."""
        versions = sorted(listed.model_versions, key=lambda v: v.model_version.id, reverse=True)
        ready = [v for v in versions if v.model_version.status == "ready"]
        available = [v for v in ready if v.model_version.file_info.sha in self.files]
        relevant = {v.model_version.id for v in (*ready[:1], *available[:1])}
        return [
            v for v in ready if v.model_version.id in relevant or v.model_version.file_info.version in used
        ] or versions[:1]

    def _model(self, found: wire.ConfiguredModelVersion, listed: wire.ListedModel, key: str) -> ModelPart:
        """Raises ValueError if no ModelVersion can declare the version."""
        version = found.model_version
        if version.status != "ready":
            raise ValueError(f"its status is {version.status}")
        if version.image_path is None and version.file_info.sha not in self.files:
            raise ValueError("the API does not return files; name the folder of its file with --models")
        for other in listed.model_versions:
            if _repeats(other, found):
                raise ValueError(
                    f"version {other.model_version.id} is newer and has the same content, so `pulumi up` would adopt "
                    "that one; let pipelines use it, or delete it"
                )
        observed = read(self.ctx, "ModelVersion", str(version.id))
        given = observed.model_dump(include=set(ModelPart.model_fields) - {"name"}, exclude_none=True)
        if version.image_path is None:
            given["path"] = self.files[version.file_info.sha].as_posix()
        name = {} if key == version.name else {"name": version.name}
        part: ModelPart = ModelPart.model_validate({**name, **given, "protect": True})
        require_valid("ModelVersion", {**given, "workspace_id": version.workspace_id, "name": version.name})
        require_no_secret(part.requirements, "requirements")
        for option, value in part.model_dump(include={"framework_config", "openai"}).items():
            require_no_secret(value, option, plain=True)
        return part

    # --- pipelines ---------------------------------------------------------------------------------------

    def _tags(self, pipeline: str) -> list[str] | None:
        """Return the tags of a pipeline, None if it has none or the instance rejects GraphQL."""
        listed = self.client.pipelines.list(self.workspace.id)
        id = next(each.pipeline.id for each in listed if each.pipeline.name == pipeline)
        return [tag.text for tag in self.client.tags.known_of("pipeline", id) or ()] or None

    def _deployment(self, id: str) -> DeployPart:
        """Raises ValueError if a Deployment of the pipeline's latest version would differ from the one that runs."""
        deployed = read(self.ctx, "Deployment", id)
        if self.client.graphql.deployment(deployed.deployment_id) is None:
            raise ValueError(
                "only GraphQL returns its engine configuration, and the instance rejects it or wallaroo:graphql is "
                "off; `deploy` deploys again"
            )
        pipeline = read(self.ctx, "Pipeline", id.rpartition("/")[0])
        if deployed.pipeline_version_id not in (pipeline.version_id, pipeline.version):
            raise ValueError("it does not run the pipeline's latest version; `deploy` would deploy that one")
        if deployed.engine_config is not None:
            require_no_secret(_environment(deployed.engine_config), "engine_config", plain=True)
        return DeployPart(engine_config=deployed.engine_config, protect=True)

    def _steps(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The steps of each pipeline that has a version."""
        for listed in self.client.pipelines.list(self.workspace.id) if self.workspace.pipelines else ():
            name = listed.pipeline.name
            try:
                found = read(self.ctx, "Pipeline", f"{self.workspace.id}/{name}")
                if not found.version:
                    raise ValueError("it has no version")
            except ValueError as error:
                self._skip(f"pipeline {name!r}", why(error))
            else:
                yield name, found.steps


def _repeats(other: wire.ConfiguredModelVersion, found: wire.ConfiguredModelVersion) -> bool:
    """Whether ``other`` is newer than ``found``, and what an upload of ``found`` would create."""

    def upload(one: wire.ConfiguredModelVersion) -> Sequence[Any]:
        version, config = one.model_version, one.config or wire.ModelConfig(id=0)
        schemas = config.input_schema, config.output_schema
        return version.file_info.sha, version.visibility, version.conversion, schemas

    newer = other.model_version.id > found.model_version.id and other.model_version.status != "error"
    return newer and upload(other) == upload(found)


def _free_key(name: str, version: int, taken: Collection[str]) -> str:
    """The key of a model version, a DNS label: the model's name, with the version's id if the name is taken."""
    suffixes = ("", f"-{version}", *(f"-{version}-{n}" for n in range(2, len(taken) + 2)))
    return next(key for s in suffixes if (key := name[: 63 - len(s)] + s) not in taken)


def _environment(config: EngineConfig) -> dict[str, dict[str, str]]:
    """The environment variables of each model's container."""
    images = (config.engine_aux and config.engine_aux.images) or {}
    return {name: {each.name: each.value for each in image.env or ()} for name, image in images.items()}


def _refs(value: Any) -> Iterator[Mapping[str, str]]:
    """The model versions that a part of a step refers to."""
    match value:
        case {"name": str(), "version": str(), "sha": str()}:
            yield value
        case Mapping():
            yield from _refs([*value.values()])
        case list() | tuple():
            for part in value:
                yield from _refs(part)


def _step(step: Mapping[str, Any], keys: Mapping[str, str]) -> StepPart:
    """A step in the estate's format. Raises ValueError if it refers to a version that is not exported."""

    def key(ref: Mapping[str, Any]) -> str:
        if ref["version"] not in keys:
            raise ValueError(f"it uses a version of model {ref['name']!r} that is skipped")
        return keys[ref["version"]]

    def named(value: Any) -> Any:
        match value:
            case {"name": str(), "version": str(), "sha": str()}:
                return {"model": key(value)}
            case Mapping():
                return {k: named(part) for k, part in value.items() if part is not None}
            case list() | tuple():
                return [named(part) for part in value]
        return value

    match step:
        case {"modelInference": {"models": [ref]}}:
            return StepPart(model=key(ref))
        case {"modelInference": {"models": refs}}:
            return StepPart(shadow=[key(ref) for ref in refs])
        case {"randomSplit": {"weights": weights, **rest}}:
            split = {key(each["model"]): each["weight"] for each in weights}
            if len(split) == len(weights):  # otherwise a model occurs twice
                return StepPart(split=split, hash_key=rest.get("hashKey"))
    require_no_secret(step, "a step")
    return StepPart(api=named(spelling.STEP.to_api(step)))
