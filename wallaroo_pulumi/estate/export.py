"""Export: an instance's objects as an estate file, for teams whose instance was set up by hand.

`pulumi up` on the file takes everything in it over and writes nothing to the instance. So what cannot be taken over
unchanged is left out, each with a line that says why. Secrets are never written: of a connection's details only what is
harmless by its key and by its form stands in the file, which names keys of the configuration for all the rest; a model
or a pipeline that may hold one is left out.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from ..api import Client, spelling
from ..api import models as wire
from ..core.check import check, explain
from ..core.context import Context
from ..core.fields import ROLES, Email
from ..core.files import sha256_of
from ..core.names import DNS_LABEL, wire_name
from ..errors import ObjectError
from ..resources import RESOURCES
from .format import CONFIG, ConnectionPart, Estate, ModelPart, PipelinePart, StepPart, UserPart, WorkspacePart
from .safe_values import may_be_read, require_exact, require_no_secret

_AT_A_TIME: Final = 8
"""Workspaces that are asked for at the same time."""

_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(Email)

Track = Callable[[Iterable[Any], int], Iterable[Any]]
"""Passes items on and shows how many of so many have come."""


@dataclass(frozen=True)
class Exported:
    """What export found."""

    estate: Estate
    secrets: Sequence[str]
    """Keys of the configuration (in the namespace ``wallaroo-estate``) that `pulumi up` will ask for."""
    left_out: Sequence[str]
    """A line for everything that is on the instance and not in the estate, and why."""

    def to_yaml(self) -> str:
        """The estate file."""
        written = self.estate.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        head = ["# The objects of a Wallaroo instance, as `wallaroo-pulumi export` found them."]
        if self.secrets:
            head += ["# Before `pulumi up`, give each secret that is named here:"]
            head += [f"#   pulumi config set --secret {CONFIG}:{key}" for key in self.secrets]
        body = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120) if written else ""
        return "\n".join(head) + "\n\n" + body


def export(
    client: Client,
    names: Collection[str] = (),
    models: Path | None = None,
    track: Track = lambda items, _: items,
) -> Exported:
    """The objects that the caller's user may take over.

    ``names`` are the workspaces to write; without any it is all of them, and the accounts and connections too, which
    belong to the instance as a whole. ``models`` is a folder with the files of model versions, which the API does not
    give back: those whose content is found there are written, and the pipelines made of them.
    Raises ObjectError for an unknown name, and what the client raises.
    """
    run = _Run(client, _files(models) if models else {})
    workspaces = run.workspaces(names)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        parts = list(track(pool.map(run.workspace, workspaces), len(workspaces)))
    estate = Estate(
        users={} if names else dict(run.users()),
        workspaces={w.name: part for w, part in zip(workspaces, parts, strict=True) if part},
        connections={} if names else dict(run.connections()),
    )
    if any(part and part.pipelines for part in estate.workspaces.values()):
        run.left_out.append(
            "deployments: the API does not tell their engine configuration; a `deploy` of the pipeline deploys anew"
        )
    return Exported(estate, run.secrets, run.left_out)


@dataclass
class _Run:
    """One export. Used by several threads: lists grow only by ``append``."""

    client: Client
    files: Mapping[str, Path]
    """The models' files by their SHA-256."""
    secrets: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ctx: Context[Client] = Context(client=self.client, report=self.left_out.append, sleep=time.sleep)

    # --- the instance's own ------------------------------------------------------------------------------

    def workspaces(self, names: Collection[str]) -> list[wire.Workspace]:
        """Those to write."""
        visible = self.client.workspaces.list(fresh=True)
        times = Counter(workspace.name for workspace in visible)
        if unknown := sorted(set(names) - times.keys()):
            raise ObjectError(
                f"workspace {unknown[0]!r} does not exist or this user cannot see it; check --workspace, and that the "
                "user who runs this is a member of the workspace"
            )
        found = []
        for workspace in visible:
            if names and workspace.name not in names:
                continue
            what = f"workspace {workspace.name!r} (id {workspace.id})"
            if not DNS_LABEL.fullmatch(workspace.name):
                self.left_out.append(f"{what}: its name is no DNS label, so no Workspace can declare it")
            elif times[workspace.name] > 1:
                self.left_out.append(f"{what}: there are {times[workspace.name]} workspaces of this name")
            else:
                found.append(workspace)
        return found

    def users(self) -> Iterator[tuple[str, UserPart]]:
        for user in self.client.users.list():
            address = self._address(user)
            found = RESOURCES["User"].read(self.ctx, user.id, None) if address else None
            if address is None or found is None:
                self.left_out.append(f"user {user.username or user.id!r}: the account has no e-mail address")
                continue
            given = found.model_dump(include=set(UserPart.model_fields))
            yield address, UserPart(**given, protect=True)

    def _address(self, user: wire.User) -> str | None:
        """The e-mail address that names the user, if any: it leads to nobody else."""
        try:
            address = _EMAIL.validate_python(user.email or user.username)
        except ValidationError:
            return None
        named = self.client.users.find_by_email(address)
        return address if named is not None and named.id == user.id else None

    def connections(self) -> Iterator[tuple[str, ConnectionPart]]:
        for found in self.client.connections.list():
            try:
                require_no_secret(found.type, "its type")
                require_exact(found.details, "details")
                yield found.name, self.connection(found)
            except ValueError as error:
                self.left_out.append(f"connection {found.name!r}: {error}")

    def connection(self, found: wire.Connection) -> ConnectionPart:
        clear: dict[str, Any] = {}
        texts: dict[str, str] = {}
        others: dict[str, str] = {}
        for key, value in (found.details or {}).items():
            if value is None:
                continue
            if isinstance(value, bool) or may_be_read(key, value):
                clear[key] = value
            else:
                (texts if isinstance(value, str) else others)[key] = self._placeholder(found.name, key)
        return ConnectionPart(
            type=found.type, details=clear, secret_details=texts, secret_json=others, protect=True
        )

    def _placeholder(self, connection: str, key: str) -> str:
        name = wire_name("_".join(re.findall(r"[a-zA-Z0-9]+", f"{connection} {key}"))) or "secret"
        number = 1
        while (free := name if number == 1 else f"{name}{number}") in self.secrets:
            number += 1
        self.secrets.append(free)
        return free

    # --- a workspace's -----------------------------------------------------------------------------------

    def workspace(self, found: wire.Workspace) -> WorkspacePart | None:
        """The part, or None for a workspace that the caller's user cannot take over."""
        members = self.client.workspaces.members(found.id)
        if not any(m.user_id == self.client.caller_id and m.role == "OWNER" for m in members):
            self.left_out.append(
                f"workspace {found.name!r} (id {found.id}): this user is not one of its owners; let one make it an "
                "OWNER"
            )
            return None
        pipelines = dict(self._pipelines(found))
        used = {ref["version"] for steps in pipelines.values() for ref in _refs(steps)}
        models, keys = self._models(found, used)
        return WorkspacePart(
            adopt="always",
            protect=True,  # its members and what is attached to it too: they are its children
            members=dict(self._members(found)),
            connections=[c.name for c in self.client.connections.list(found.id)],
            models=models,
            pipelines=dict(self._pipeline_parts(found, pipelines, keys)),
        )

    def _members(self, workspace: wire.Workspace) -> Iterator[tuple[str, Any]]:
        for member in self.client.workspaces.members(workspace.id):
            user = self.client.users.find(member.user_id)
            what = f"member {member.user_id} of workspace {workspace.name!r}"
            if user is None:
                self.left_out.append(f"{what}: the instance has no such user any more")
            elif member.role not in ROLES:
                self.left_out.append(f"{what}: the role {member.role} is none of {', '.join(ROLES)}")
            else:
                yield self._address(user) or user.id, member.role

    def _models(
        self, workspace: wire.Workspace, used: Collection[str]
    ) -> tuple[dict[str, ModelPart], dict[str, str]]:
        """The models whose files are at hand, and the keys that they stand under by their versions' UUIDs.

        ``used`` are the versions (UUIDs) that pipelines are made of.
        """
        parts: dict[str, ModelPart] = {}
        keys = {}
        for listed in self.client.models.list(workspace.id) if workspace.models else ():
            for found in self._wanted(listed, used):
                version, name = found.model_version, listed.model.name
                key = _free_key(name, version.id, parts)
                try:
                    parts[key] = self._model(found, listed, key)
                    keys[version.file_info.version] = key
                except ValueError as error:
                    one = f"version {version.id} of " if len(listed.model_versions) > 1 else ""
                    self.left_out.append(
                        f"{one}model {name!r} of workspace {workspace.name!r}: {_why(error)}"
                    )
        return parts, keys

    def _wanted(
        self, listed: wire.ListedModel, used: Collection[str]
    ) -> Sequence[wire.ConfiguredModelVersion]:
        """The versions that count, the newest first: those that pipelines use, the newest, the newest at hand."""
        versions = sorted(listed.model_versions, key=lambda v: v.model_version.id, reverse=True)
        ready = [v for v in versions if v.model_version.status == "ready"]
        at_hand = [v for v in ready if v.model_version.file_info.sha in self.files]
        count = {v.model_version.id for v in (*ready[:1], *at_hand[:1])}
        return [
            v for v in ready if v.model_version.id in count or v.model_version.file_info.version in used
        ] or versions[:1]

    def _model(self, wanted: wire.ConfiguredModelVersion, listed: wire.ListedModel, key: str) -> ModelPart:
        """Raises ValueError for what no ModelVersion can declare."""
        resource, version = RESOURCES["ModelVersion"], wanted.model_version
        if version.status != "ready":
            raise ValueError(f"its status is {version.status}")
        if version.file_info.sha not in self.files:
            raise ValueError("the API does not give files back; name the folder of its file by --models")
        for other in listed.model_versions:
            if _repeats(other, wanted):
                raise ValueError(
                    f"version {other.model_version.id} is newer and the same, so that it is what `pulumi up` takes "
                    "over; let pipelines use that one, or delete it"
                )
        found = resource.read(self.ctx, str(version.id), None)
        if found is None:
            raise ValueError("it went while it was looked at")
        given = found.model_dump(include=set(ModelPart.model_fields) - {"name"}, exclude_none=True)
        given["path"] = self.files[version.file_info.sha].as_posix()
        name = {} if key == version.name else {"name": version.name}
        part: ModelPart = ModelPart.model_validate({**name, **given, "protect": True})
        _require_good("ModelVersion", {**given, "workspace_id": version.workspace_id, "name": version.name})
        require_no_secret(part.requirements, "requirements")
        for option, value in part.model_dump(include={"framework_config", "openai"}).items():
            require_no_secret(value, option, plain=True)
        return part

    def _pipelines(self, workspace: wire.Workspace) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The steps of the pipelines that can be declared, by name."""
        for listed in self.client.pipelines.list(workspace.id) if workspace.pipelines else ():
            name = listed.pipeline.name
            found = RESOURCES["Pipeline"].read(self.ctx, f"{workspace.id}/{name}", None)
            if found is None or not found.version:
                self.left_out.append(f"pipeline {name!r} of workspace {workspace.name!r}: it has no version")
            else:
                yield name, found.steps

    def _pipeline_parts(
        self,
        workspace: wire.Workspace,
        pipelines: Mapping[str, list[dict[str, Any]]],
        keys: Mapping[str, str],
    ) -> Iterator[tuple[str, PipelinePart]]:
        for name, steps in pipelines.items():
            try:
                _require_good("Pipeline", {"workspace_id": workspace.id, "name": name, "steps": steps})
                yield name, PipelinePart(steps=[_step(step, keys) for step in steps], protect=True)
            except ValueError as error:
                self.left_out.append(f"pipeline {name!r} of workspace {workspace.name!r}: {_why(error)}")


def _files(folder: Path) -> dict[str, Path]:
    return {sha256_of(path): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _require_good(kind: str, inputs: Mapping[str, Any]) -> None:
    """Raises ValueError for inputs that the resource refuses: the instance may hold what its rules do not allow."""
    for failure in check(RESOURCES[kind], {wire_name(key): value for key, value in inputs.items()}, {})[1]:
        raise ValueError(_problem(failure.property, failure.reason))


def _repeats(other: wire.ConfiguredModelVersion, wanted: wire.ConfiguredModelVersion) -> bool:
    """Whether ``other`` is newer and what an upload of ``wanted`` would make again."""

    def upload(found: wire.ConfiguredModelVersion) -> Sequence[Any]:
        version, config = found.model_version, found.config or wire.ModelConfig(id=0)
        schemas = config.input_schema, config.output_schema
        return version.file_info.sha, version.visibility, version.conversion, schemas

    newer = other.model_version.id > wanted.model_version.id and other.model_version.status != "error"
    return newer and upload(other) == upload(wanted)


def _free_key(name: str, version: int, taken: Collection[str]) -> str:
    """What a model version stands under: the model's name, for a further one with its id. A DNS label too."""
    suffixes = ("", f"-{version}", *(f"-{version}-{n}" for n in range(2, len(taken) + 2)))
    return next(key for s in suffixes if (key := name[: 63 - len(s)] + s) not in taken)


def _refs(value: Any) -> Iterator[Mapping[str, str]]:
    """The model versions that a part of a step names."""
    match value:
        case {"name": str(), "version": str(), "sha": str()}:
            yield value
        case Mapping():
            yield from _refs([*value.values()])
        case list() | tuple():
            for part in value:
                yield from _refs(part)


def _step(step: Mapping[str, Any], keys: Mapping[str, str]) -> StepPart:
    """A step in the estate's words. Raises ValueError when it names a version that is not written."""

    def key(ref: Mapping[str, Any]) -> str:
        if ref["version"] not in keys:
            raise ValueError(f"it uses a version of model {ref['name']!r} that is left out")
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
            if len(split) == len(weights):  # else a model stands twice
                return StepPart(split=split, hash_key=rest.get("hashKey"))
    require_no_secret(step, "a step")
    return StepPart(api=named(spelling.STEP.to_api(step)))


def _why(error: ValueError) -> str:
    """One line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(_problem(".".join(map(str, e["loc"])), explain(e)) for e in error.errors())


def _problem(place: str, reason: str) -> str:
    return f"{place}: {reason}" if place else reason
