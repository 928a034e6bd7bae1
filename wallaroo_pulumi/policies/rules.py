"""The rules of the pack, as pure functions. :data:`RULES` at the end is the list.

A message says what is wrong and what to do about it; it never holds a value that may be secret. Values that a preview
cannot know are :data:`~.rule.UNKNOWN`: a rule lets them pass, and the update, which knows them, judges again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

from .credentials import credentials
from .demand import demand, quantity
from .places import Places, Residents, referred
from .rule import UNKNOWN, Config, Declared, Rule, Secret, rule, stack_rule
from .settings import PRODUCTION, kinds, pattern, texts


def _in_production(resource: Declared, config: Config) -> bool:
    return bool(re.search(config["stacks"], resource.stack))


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)


# --- workspaces and their owners ----------------------------------------------------------------------------


@rule(
    "workspace-name",
    "Names of workspaces follow the house's pattern.",
    "Workspace",
    pattern={
        "type": "string",
        "check": pattern,
        "default": "[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "description": "a regular expression for the whole name",
    },
    except_=texts("names that may be otherwise, such as those of workspaces that were taken over"),
)
def _workspace_name(workspace: Declared, config: Config) -> Iterator[str]:
    if name := _wrong_name(workspace, config):
        if workspace["adopt"] == "always":
            other = (
                "another name would abandon the workspace it takes over; list this one in the setting except"
            )
        elif lower := _lower_name(workspace, config):
            other = f"name it {lower!r}"
        else:
            other = "give it another name"
        yield f"its name {name!r} does not match {config['pattern']}; {other}"


@_workspace_name.remedied_by("the name in lower case where that fits, except with `adopt='always'`")
def workspace_name(workspace: Declared, config: Config) -> dict[str, Any]:
    lower = _lower_name(workspace, config)
    return {"name": lower} if lower and workspace["adopt"] not in ("always", UNKNOWN) else {}


def _wrong_name(workspace: Declared, config: Config) -> str | None:
    name: str | None = workspace.known("name")
    fits = name is None or name in config["except"] or re.fullmatch(config["pattern"], name)
    return None if fits else name


def _lower_name(workspace: Declared, config: Config) -> str | None:
    """The name in lower case, where that puts a wrong one right."""
    name = _wrong_name(workspace, config)
    return name.lower() if name and re.fullmatch(config["pattern"], name.lower()) else None


@stack_rule(
    "workspace-owners",
    "Each workspace has an OWNER that the stack declares, and not too many.",
    maximum={"type": "integer", "minimum": 1, "default": 5, "description": "the largest number of owners"},
)
def workspace_owners(resources: Sequence[Declared], config: Config) -> Iterator[tuple[Declared, str]]:
    owners = [r for r in resources if r.kind == "WorkspaceMember" and r["role"] in ("OWNER", UNKNOWN)]
    members = Residents(Places(resources), owners)
    for workspace in _declared(resources, "Workspace"):
        here = members.surely(workspace)
        count = sum(member["role"] == "OWNER" for member in here)
        if not here and not any(members.perhaps(workspace)):
            yield (
                workspace,
                "no OWNER of it is declared; declare a WorkspaceMember of this workspace with role='OWNER'",
            )
        elif count > config["maximum"]:
            yield (
                workspace,
                f"{count} owners of it are declared and {_number(config['maximum'])} are allowed; make some of them "
                "role='COLLABORATOR'",
            )


@rule(
    "owner-domains",
    "Owners of workspaces have mail addresses of the house.",
    "WorkspaceMember",
    domains=texts("the allowed domains; `*.example.com` allows what is below it; none listed allows all"),
)
def owner_domains(member: Declared, config: Config) -> Iterator[str]:
    allowed = [domain.lower() for domain in config["domains"]]
    if not allowed or member["role"] != "OWNER" or member["email"] is UNKNOWN:
        return
    email = member["email"]
    if email is None:
        yield "it declares an OWNER by user_id, so that the mail domain cannot be told; declare it by email"
        return
    domain = email.rpartition("@")[2].lower()
    if not any(fnmatchcase(domain, pattern) for pattern in allowed):
        yield f"the OWNER {email} is not of {_listed(allowed)}; choose another owner or role='COLLABORATOR'"


@rule(
    "owner-group",
    "Members of the owner group are declared as OWNER wherever they are members.",
    "WorkspaceMember",
    level="remediate",
    members=texts("the group's mail addresses"),
)
def _owner_group(member: Declared, config: Config) -> Iterator[str]:
    if _is_of_owner_group(member, config) and member["role"] != "OWNER":
        yield f"{member['email']} is of the owner group; declare role='OWNER'"


@_owner_group.remedied_by("the role OWNER")
def owner_group(member: Declared, config: Config) -> dict[str, Any]:
    return {"role": "OWNER"} if _is_of_owner_group(member, config) and member["role"] != "OWNER" else {}


def _is_of_owner_group(member: Declared, config: Config) -> bool:
    email, role = member.known("email"), member["role"]
    return email is not None and role is not UNKNOWN and email.lower() in map(str.lower, config["members"])


# --- what may be destroyed and taken over -------------------------------------------------------------------


@rule(
    "production-protect",
    "Production protects what cannot be made anew.",
    stacks=PRODUCTION,
    kinds=kinds("the classes that have to be protected", "Workspace", "Pipeline", "Deployment"),
)
def production_protect(resource: Declared, config: Config) -> Iterator[str]:
    if _in_production(resource, config) and resource.kind in config["kinds"] and not resource.protect:
        yield "it is not protected; give it opts=pulumi.ResourceOptions(protect=True)"


@rule("production-no-force-destroy", "Production never empties what it deletes.", stacks=PRODUCTION)
def production_no_force_destroy(resource: Declared, config: Config) -> Iterator[str]:
    if _in_production(resource, config) and resource["forceDestroy"] is True:
        yield "it sets force_destroy; leave it out in production"


@rule(
    "production-no-adopt-always",
    "Production takes over nothing that already holds something.",
    "Workspace",
    stacks=PRODUCTION,
)
def production_no_adopt_always(workspace: Declared, config: Config) -> Iterator[str]:
    if _in_production(workspace, config) and workspace["adopt"] == "always":
        yield "it sets adopt='always'; use adopt='if_empty' or 'never', or switch this rule off while you adopt"


@rule(
    "unmanaged-kept",
    "Nothing is destroyed that the stack does not manage.",
    disposable={
        "type": "string",
        "check": pattern,
        "default": r"(^|[-_.])(dev|test|sandbox|ci|tmp)($|[-_.])",
        "description": "where that does not matter: a regular expression that is found in the stack's or the object's "
        "name",
    },
)
def unmanaged_kept(resource: Declared, config: Config) -> Iterator[str]:
    # What the stack declares inside is deleted before: whatever force_destroy still finds, somebody else made.
    if resource["forceDestroy"] is not True:
        return
    if resource["adopt"] == "always":
        yield (
            "with adopt='always' and force_destroy it would destroy what was there before this stack; "
            "leave one of them out"
        )
    elif not any(
        re.search(config["disposable"], name) for name in (resource.stack, resource.known("name") or "")
    ):
        yield "with force_destroy, deleting it destroys what this stack does not manage; leave force_destroy out"


TAKE_NOTHING_OVER_WITH_NEVER = ("Connection", "Workspace")


@rule(
    "production-taken-over",
    "Production destroys nothing that was there before.",
    level="advisory",
    stacks=PRODUCTION,
    kinds=kinds("the classes of which creating may take an existing object over", "User", "Connection"),
)
def production_taken_over(resource: Declared, config: Config) -> Iterator[str]:
    # Whether a create took something over, no declaration tells: only that it may.
    if not _in_production(resource, config) or resource.kind not in config["kinds"] or resource.protect:
        return
    if resource["adopt"] not in ("never", UNKNOWN):
        never = "adopt='never', or " if resource.kind in TAKE_NOTHING_OVER_WITH_NEVER else ""
        yield (
            "creating it takes over what exists under its name, and removing it from the stack removes that too; give "
            f"it {never}opts=pulumi.ResourceOptions(protect=True)"
        )


# --- models -------------------------------------------------------------------------------------------------


@rule(
    "model-private",
    "Models are private to their workspace.",
    "ModelVersion",
    except_=texts("names of models that may be public"),
)
def model_private(model: Declared, config: Config) -> Iterator[str]:
    if model["visibility"] not in (None, UNKNOWN, "private") and model["name"] not in config["except"]:
        yield f"its visibility is {model['visibility']!r}; leave visibility out, or set it to 'private'"


@rule(
    "model-frameworks",
    "Models are of frameworks that the house supports.",
    "ModelVersion",
    allowed=texts("the allowed frameworks; `hugging-face-*` allows a family; none listed allows all"),
)
def model_frameworks(model: Declared, config: Config) -> Iterator[str]:
    framework, allowed = model.known("framework"), config["allowed"]
    if allowed and framework and not any(fnmatchcase(framework, pattern) for pattern in allowed):
        yield f"its framework {framework!r} is not allowed; convert the model to one of {_listed(allowed)}"


@rule(
    "model-size",
    "Models are not too large.",
    "ModelVersion",
    maximum={
        "type": "integer",
        "minimum": 1,
        "default": 10 * 2**30,
        "description": "the largest number of bytes of a model's file",
    },
)
def model_size(model: Declared, config: Config) -> Iterator[str]:
    size = model.known("size")  # an input that check computes from the file
    if size is not None and size > config["maximum"]:
        yield (
            f"its file has {_number(size)} bytes and {_number(config['maximum'])} are allowed; make the model "
            "smaller, or ask for a larger maximum"
        )


# --- deployments --------------------------------------------------------------------------------------------


@rule(
    "deployment-limits",
    "Deployments limit what they use of the cluster.",
    "Deployment",
    replicas={"type": "integer", "minimum": 1, "default": 10, "description": "the most replicas"},
    cpus={"type": "number", "default": 64, "description": "the most CPU cores, of all replicas together"},
    memory={
        "type": "string",
        "check": quantity,
        "default": "256Gi",
        "description": "the most memory, of all replicas together, as a quantity of Kubernetes",
    },
    gpus={"type": "number", "default": 8, "description": "the most GPUs, of all replicas together"},
)
def deployment_limits(deployment: Declared, config: Config) -> Iterator[str]:
    if deployment["engineConfig"] is None:
        yield "it has no limits; set engine_config=engine_config(cpus=…, memory=…)"
        return
    try:
        asked = demand(deployment["engineConfig"])
    except ValueError as error:
        yield f"engine_config: {error}"
        return
    if asked is None:
        return
    for container in asked.containers:
        for setting, limit in (("cpus", container.cpus), ("memory", container.memory)):
            if limit is None:
                yield f"{container.name} has no limit of {setting}; set {setting}=… in engine_config"
    most = {
        "cpus": float(config["cpus"]),
        "memory": quantity(config["memory"]),
        "gpus": float(config["gpus"]),
    }
    over = [
        f"{_number(asked.total(what))} {unit} where {_number(allowed)} are allowed"
        for (what, allowed), unit in zip(most.items(), ("CPUs", "bytes of memory", "GPUs"), strict=True)
        if asked.total(what) > allowed
    ]
    if asked.most_replicas > config["replicas"]:
        over.insert(0, f"{asked.most_replicas} replicas where {_number(config['replicas'])} are allowed")
    if over:
        yield f"it may use {_listed(over)}; set lower ones in engine_config"


@rule(
    "production-replicas",
    "Production deployments survive the loss of a replica.",
    "Deployment",
    stacks=PRODUCTION,
    minimum={"type": "integer", "minimum": 1, "default": 2, "description": "the fewest replicas"},
)
def production_replicas(deployment: Declared, config: Config) -> Iterator[str]:
    if not _in_production(deployment, config):
        return
    try:
        asked = demand(deployment["engineConfig"])
    except ValueError:
        return  # deployment-limits says so
    if asked and asked.least_replicas < config["minimum"]:
        yield (
            f"it may run with {asked.least_replicas} replica{'' if asked.least_replicas == 1 else 's'}; set "
            f"replicas={_number(config['minimum'])} or more, or an Autoscale with that minimum, in engine_config"
        )


@stack_rule(
    "production-assays",
    "Production deployments are watched by an assay.",
    level="advisory",  # an assay needs a baseline, often of inferences to come; and estate files declare none
    stacks=PRODUCTION,
)
def production_assays(resources: Sequence[Declared], config: Config) -> Iterator[tuple[Declared, str]]:
    assays = Residents(
        Places(resources), (r for r in resources if r.kind == "Assay" and r["active"] is not False)
    )
    for deployment in _declared(resources, "Deployment"):
        watching = chain(assays.surely(deployment), assays.perhaps(deployment))
        if _in_production(deployment, config) and not any(_same_pipeline(deployment, a) for a in watching):
            yield deployment, "no active assay watches its pipeline; declare an Assay with its pipeline_name"


def _same_pipeline(deployment: Declared, assay: Declared) -> bool:
    names = deployment.known("pipelineName"), assay.known("pipelineName")
    if None not in names:
        return bool(names[0] == names[1])
    return bool(referred(deployment, "pipelineName") & referred(assay, "pipelineName"))


# --- secrets ------------------------------------------------------------------------------------------------

SECRETS: Mapping[str, tuple[str, ...]] = {"Connection": ("details",), "ModelRegistry": ("token",)}
"""Kind → the properties that have to be secret."""


@rule(
    "secrets-marked",
    "Details of connections and tokens of registries are secrets.",
    *SECRETS,
    level="remediate",
)
def _secrets_marked(resource: Declared, config: Config) -> Iterator[str]:
    for name in _unmarked(resource):
        yield (
            f"{name} is not marked as a secret, so the state would hold it in clear; name it in "
            "additional_secret_outputs and give it as pulumi.Output.secret(…)"
        )


@_secrets_marked.remedied_by("the value marked as a secret")
def secrets_marked(resource: Declared, config: Config) -> dict[str, Any]:
    return {name: Secret(resource[name]) for name in _unmarked(resource)}


def _unmarked(resource: Declared) -> list[str]:
    names = SECRETS.get(resource.kind or "", ())
    return [name for name in names if resource.known(name) is not None and (name,) not in resource.secrets]


ALLOWED = texts("names of properties, keys and environment variables to let pass; `*_TOKEN` is a family")
NAMES = texts("more such names that are taken for those of credentials")


@rule(
    "no-credential-in-clear",
    "No property that is not secret looks like a credential.",
    allowed=ALLOWED,
    names=NAMES,
)
def no_credential_in_clear(resource: Declared, config: Config) -> Iterator[str]:
    for name, value in resource.in_clear.items():
        if name not in SECRETS.get(resource.kind or "", ()):
            for path, reason in credentials(value, name, config["allowed"], config["names"]):
                yield (
                    f"{path} {reason} and is kept in clear; take it out, put it where secrets belong, or name it in "
                    "the rule's setting allowed"
                )


@rule(
    "connection-credentials",
    "Details of connections hold no credential: the instance shows them in clear to whoever lists connections.",
    "Connection",
    level="advisory",
    allowed=ALLOWED,
    names=NAMES,
)
def connection_credentials(connection: Declared, config: Config) -> Iterator[str]:
    for path, reason in credentials(connection["details"], "details", config["allowed"], config["names"]):
        yield f"{path} {reason}; name a secret that the orchestration fetches, or use a credential of few rights"


# --- pipelines ----------------------------------------------------------------------------------------------


@stack_rule("pipeline-models", "Pipelines use models of their own workspace.")
def pipeline_models(resources: Sequence[Declared], config: Config) -> Iterator[tuple[Declared, str]]:
    places = Places(resources)
    models = [resource for resource in resources if resource.kind == "ModelVersion"]
    found = {model.urn: model for model in models} | {
        str(version): model for model in models if (version := model.known("version"))
    }
    for pipeline in _declared(resources, "Pipeline"):
        named = {*referred(pipeline, "steps"), *_texts(pipeline["steps"])} & found.keys()
        for model in {found[name].urn: found[name] for name in sorted(named)}.values():
            if places.same(pipeline, model) is False:
                yield (
                    pipeline,
                    f"its steps use {model}, which belongs to another workspace; upload the model to the pipeline's "
                    "workspace",
                )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


# --- what several rules need -------------------------------------------------------------------------------


def _declared(resources: Iterable[Declared], kind: str) -> Iterator[Declared]:
    return (resource for resource in resources if resource.kind == kind and not resource.only_read)


def _number(value: float) -> str:
    """Numbers of the configuration come as floats: 5.0 is 5."""
    return f"{value:.15g}"


RULES: tuple[Rule, ...] = (
    workspace_name,
    workspace_owners,
    owner_domains,
    owner_group,
    production_protect,
    production_no_force_destroy,
    production_no_adopt_always,
    unmanaged_kept,
    production_taken_over,
    model_private,
    model_frameworks,
    model_size,
    deployment_limits,
    production_replicas,
    production_assays,
    secrets_marked,
    no_credential_in_clear,
    connection_credentials,
    pipeline_models,
)
