"""The rules of the pack, as pure functions. :data:`RULES` at the end lists them.

A message states the violation and the correction. It never contains a value that may be secret. A value that a preview
does not know is :data:`~.rule.UNKNOWN` and violates no rule; the update checks the real value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

from ..adapters.pulumi_values import UNKNOWN, Secret
from ..credentials import credentials
from .definitions import SECRETS
from .requested_resources import in_unit_of, quantity, requested_resources
from .rule import Config, ResourceView, Rule, rule, stack_rule
from .settings import PRODUCTION, kinds, pattern, texts
from .workspace_index import ResourcesByWorkspace, WorkspaceIndex


def _in_production(resource: ResourceView, config: Config) -> bool:
    return bool(re.search(config["stacks"], resource.stack))


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)


# --- workspaces and their owners ----------------------------------------------------------------------------


@rule(
    "workspace-name",
    "Workspace names must match the organisation's pattern.",
    "Workspace",
    pattern={
        "type": "string",
        "check": pattern,
        "default": "[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "description": "a regular expression for the whole name",
    },
    except_=texts("names that need not match, such as those of adopted workspaces"),
)
def _workspace_name(workspace: ResourceView, config: Config) -> Iterator[str]:
    if name := _wrong_name(workspace, config):
        if workspace["adopt"] == "always":
            other = (
                "another name would abandon the workspace that it adopts; add this name to the setting except"
            )
        elif lower := _lower_name(workspace, config):
            other = f"use {lower!r}"
        else:
            other = "choose another name"
        yield f"its name {name!r} does not match {config['pattern']}; {other}"


@_workspace_name.remediated_by("the name in lower case if that matches, except with `adopt='always'`")
def workspace_name(workspace: ResourceView, config: Config) -> dict[str, Any]:
    lower = _lower_name(workspace, config)
    return {"name": lower} if lower and workspace["adopt"] not in ("always", UNKNOWN) else {}


def _wrong_name(workspace: ResourceView, config: Config) -> str | None:
    name: str | None = workspace.known("name")
    fits = name is None or name in config["except"] or re.fullmatch(config["pattern"], name)
    return None if fits else name


def _lower_name(workspace: ResourceView, config: Config) -> str | None:
    """Return the name in lower case if that corrects it."""
    name = _wrong_name(workspace, config)
    return name.lower() if name and re.fullmatch(config["pattern"], name.lower()) else None


@stack_rule(
    "workspace-owners",
    "Each workspace must have an OWNER in the stack, and at most the allowed number.",
    maximum={
        "type": "integer",
        "minimum": 1,
        "default": 5,
        "description": "the most owners",
    },
)
def workspace_owners(resources: Sequence[ResourceView], config: Config) -> Iterator[tuple[ResourceView, str]]:
    owners = [r for r in resources if r.kind == "WorkspaceMember" and r["role"] in ("OWNER", UNKNOWN)]
    members = ResourcesByWorkspace(WorkspaceIndex(resources), owners)
    for workspace in _managed(resources, "Workspace"):
        here = members.definitely_in(workspace)
        count = sum(member["role"] == "OWNER" for member in here)
        if not here and not any(members.possibly_in(workspace)):
            yield workspace, "the stack declares no OWNER of it; add a WorkspaceMember with role='OWNER'"
        elif count > config["maximum"]:
            yield (
                workspace,
                f"the stack declares {count} owners of it, {_number(config['maximum'])} are allowed; "
                "set role='COLLABORATOR' on some of them",
            )


@rule(
    "owner-domains",
    "Workspace owners must have an e-mail address in an allowed domain.",
    "WorkspaceMember",
    domains=texts("the allowed domains; `*.example.com` allows its subdomains; an empty list allows all"),
)
def owner_domains(member: ResourceView, config: Config) -> Iterator[str]:
    allowed = [domain.lower() for domain in config["domains"]]
    if not allowed or member["role"] != "OWNER" or member["email"] is UNKNOWN:
        return
    email = member["email"]
    if email is None:
        yield "it declares an OWNER by user_id, which has no e-mail domain to check; use email instead"
        return
    domain = email.rpartition("@")[2].lower()
    if not any(fnmatchcase(domain, pattern) for pattern in allowed):
        yield (
            f"the domain of OWNER {email} is not allowed ({_listed(allowed)}); choose another owner, or set "
            "role='COLLABORATOR'"
        )


@rule(
    "owner-group",
    "Users in the owner group must be OWNER of every workspace they are a member of.",
    "WorkspaceMember",
    level="remediate",
    members=texts("the e-mail addresses of the group"),
)
def _owner_group(member: ResourceView, config: Config) -> Iterator[str]:
    if _in_owner_group(member, config) and member["role"] != "OWNER":
        yield f"{member['email']} is in the owner group; set role='OWNER'"


@_owner_group.remediated_by("role OWNER")
def owner_group(member: ResourceView, config: Config) -> dict[str, Any]:
    return {"role": "OWNER"} if _in_owner_group(member, config) and member["role"] != "OWNER" else {}


def _in_owner_group(member: ResourceView, config: Config) -> bool:
    email, role = member.known("email"), member["role"]
    return email is not None and role is not UNKNOWN and email.lower() in map(str.lower, config["members"])


# --- destroying and adopting --------------------------------------------------------------------------------


@rule(
    "production-protect",
    "Production resources that cannot be recreated must be protected.",
    stacks=PRODUCTION,
    kinds=kinds("the classes that must be protected", "Workspace", "Pipeline", "Deployment"),
)
def production_protect(resource: ResourceView, config: Config) -> Iterator[str]:
    if _in_production(resource, config) and resource.kind in config["kinds"] and not resource.protect:
        yield "it is not protected; set opts=pulumi.ResourceOptions(protect=True)"


@rule("production-no-force-destroy", "Production resources must not set force_destroy.", stacks=PRODUCTION)
def production_no_force_destroy(resource: ResourceView, config: Config) -> Iterator[str]:
    if _in_production(resource, config) and resource["forceDestroy"] is True:
        yield "it sets force_destroy; remove the setting"


@rule(
    "production-no-adopt-always",
    "Production must not adopt workspaces with contents.",
    "Workspace",
    stacks=PRODUCTION,
)
def production_no_adopt_always(workspace: ResourceView, config: Config) -> Iterator[str]:
    if _in_production(workspace, config) and workspace["adopt"] == "always":
        yield "it sets adopt='always'; use 'if_empty' or 'never', or disable this rule while you adopt"


@rule(
    "no-destroy-unmanaged",
    "Deleting a resource must not destroy objects that the stack does not manage.",
    disposable={
        "type": "string",
        "check": pattern,
        "default": r"(^|[-_.])(dev|test|sandbox|ci|tmp)($|[-_.])",
        "description": "which stacks and objects are disposable, so that force_destroy is allowed: a regular "
        "expression that is searched in the stack's and the object's name",
    },
)
def no_destroy_unmanaged(resource: ResourceView, config: Config) -> Iterator[str]:
    # Pulumi deletes the stack's own objects inside first. Whatever force_destroy still finds is not the stack's.
    if resource["forceDestroy"] is not True:
        return
    if resource["adopt"] == "always":
        yield (
            "with adopt='always', force_destroy would destroy contents that existed before this stack; "
            "remove one of the two settings"
        )
    elif not any(
        re.search(config["disposable"], name) for name in (resource.stack, resource.known("name") or "")
    ):
        yield "force_destroy would destroy objects in it that this stack does not manage; remove the setting"


@rule(
    "production-protect-adopted",
    "Production must protect adopted objects that it would delete.",
    stacks=PRODUCTION,
)
def production_protect_adopted(resource: ResourceView, config: Config) -> Iterator[str]:
    if _in_production(resource, config) and resource["deleteAdopted"] is True and not resource.protect:
        yield (
            "with delete_adopted, removing it from the stack deletes an object that existed before; remove the "
            "setting, or set opts=pulumi.ResourceOptions(protect=True)"
        )


# --- models -------------------------------------------------------------------------------------------------


@rule(
    "model-private",
    "Models must be private to their workspace.",
    "ModelVersion",
    except_=texts("names of models that may be public"),
)
def model_private(model: ResourceView, config: Config) -> Iterator[str]:
    if model["visibility"] not in (None, UNKNOWN, "private") and model["name"] not in config["except"]:
        yield f"its visibility is {model['visibility']!r}; remove the setting, or set 'private'"


@rule(
    "model-frameworks",
    "Models must use a supported framework.",
    "ModelVersion",
    allowed=texts("the allowed frameworks; `hugging-face-*` allows a family; an empty list allows all"),
)
def model_frameworks(model: ResourceView, config: Config) -> Iterator[str]:
    framework, allowed = model.known("framework"), config["allowed"]
    if allowed and framework and not any(fnmatchcase(framework, pattern) for pattern in allowed):
        yield f"its framework {framework!r} is not allowed; convert the model to one of {_listed(allowed)}"


@rule(
    "model-size",
    "Model files must not exceed the allowed size.",
    "ModelVersion",
    maximum={
        "type": "integer",
        "minimum": 1,
        "default": 10 * 2**30,
        "description": "the largest allowed size of a model file in bytes",
    },
)
def model_size(model: ResourceView, config: Config) -> Iterator[str]:
    size = model.known("size")  # computed by the provider's check; a pack cannot read the program's files
    if size is not None and size > config["maximum"]:
        yield (
            f"its file has {_number(size)} bytes, {_number(config['maximum'])} are allowed; reduce the model, or "
            "raise the rule's setting maximum"
        )


# --- deployments --------------------------------------------------------------------------------------------


@rule(
    "deployment-limits",
    "Deployments must limit their cluster resources.",
    "Deployment",
    replicas={
        "type": "integer",
        "minimum": 1,
        "default": 10,
        "description": "the most replicas",
    },
    cpus={
        "type": "number",
        "default": 64,
        "description": "the most CPU cores of all replicas together",
    },
    memory={
        "type": "string",
        "check": quantity,
        "default": "256Gi",
        "description": "the most memory of all replicas together, as a Kubernetes quantity",
    },
    gpus={
        "type": "number",
        "default": 8,
        "description": "the most GPUs of all replicas together",
    },
)
def deployment_limits(deployment: ResourceView, config: Config) -> Iterator[str]:
    if deployment["engineConfig"] is None:
        yield "it has no limits; set engine_config=engine_config(cpus=…, memory=…)"
        return
    try:
        requested = requested_resources(deployment["engineConfig"])
    except ValueError as error:
        yield f"engine_config: {error}"
        return
    if requested is None:
        return
    for container in requested.containers:
        for setting, limit in (("cpus", container.cpus), ("memory", container.memory)):
            if limit is None:
                yield f"{container.name} has no limit for {setting}; set {setting}=… in engine_config"
    if requested.most_replicas > config["replicas"]:
        yield _exceeds("replicas", str(requested.most_replicas), _number(config["replicas"]))
    for setting, unit in (("cpus", "CPUs"), ("memory", "memory"), ("gpus", "GPUs")):
        allowed, total = config[setting], requested.total(setting)
        if total > quantity(allowed):
            yield _exceeds(unit, in_unit_of(allowed, total), in_unit_of(allowed, quantity(allowed)))


def _exceeds(what: str, requested: str, allowed: str) -> str:
    return f"it requests up to {requested} {what}, {allowed} are allowed; lower it in engine_config"


@rule(
    "production-replicas",
    "Production deployments must survive the loss of a replica.",
    "Deployment",
    stacks=PRODUCTION,
    minimum={
        "type": "integer",
        "minimum": 1,
        "default": 2,
        "description": "the fewest replicas",
    },
)
def production_replicas(deployment: ResourceView, config: Config) -> Iterator[str]:
    if not _in_production(deployment, config):
        return
    try:
        requested = requested_resources(deployment["engineConfig"])
    except ValueError:
        return  # deployment-limits reports it
    if requested and requested.least_replicas < config["minimum"]:
        yield (
            f"it may run with {requested.least_replicas} replica{'' if requested.least_replicas == 1 else 's'}; set "
            f"replicas={_number(config['minimum'])} or more, or an Autoscale with that minimum, in engine_config"
        )


@stack_rule(
    "production-assays",
    "Production deployments should be monitored by an assay.",
    level="advisory",  # an assay needs a baseline, often of later inferences
    stacks=PRODUCTION,
)
def production_assays(
    resources: Sequence[ResourceView], config: Config
) -> Iterator[tuple[ResourceView, str]]:
    active = (r for r in resources if r.kind == "Assay" and r["active"] is not False)
    assays = ResourcesByWorkspace(WorkspaceIndex(resources), active)
    for deployment in _managed(resources, "Deployment"):
        candidates = chain(assays.definitely_in(deployment), assays.possibly_in(deployment))
        if _in_production(deployment, config) and not any(_same_pipeline(deployment, a) for a in candidates):
            yield deployment, "no active assay monitors its pipeline; declare an Assay with its pipeline_name"


def _same_pipeline(deployment: ResourceView, assay: ResourceView) -> bool:
    names = deployment.known("pipelineName"), assay.known("pipelineName")
    if None not in names:
        return bool(names[0] == names[1])
    return bool(deployment.sources_of("pipelineName") & assay.sources_of("pipelineName"))


# --- secrets ------------------------------------------------------------------------------------------------


@rule(
    "secrets-marked",
    "Inputs that contain secrets, such as connection details and initial passwords, must be marked as secret.",
    *SECRETS,
    level="remediate",
)
def _secrets_marked(resource: ResourceView, config: Config) -> Iterator[str]:
    for name in _unmarked(resource):
        yield (
            f"{name} is not secret, so the state would contain it in plain text; pass it as "
            "pulumi.Output.secret(…) and list it in additional_secret_outputs"
        )


@_secrets_marked.remediated_by("the value marked as secret")
def secrets_marked(resource: ResourceView, config: Config) -> dict[str, Any]:
    return {name: Secret(resource[name]) for name in _unmarked(resource)}


def _unmarked(resource: ResourceView) -> list[str]:
    names = SECRETS.get(resource.kind or "", ())
    return [name for name in names if resource.known(name) is not None and (name,) not in resource.secrets]


ALLOWED = texts("names of properties, keys and environment variables to ignore; `*_TOKEN` is a family")
NAMES = texts("further names to treat as names of credentials")


@rule(
    "no-credential-in-clear",
    "Properties that are not secret must not contain credentials.",
    allowed=ALLOWED,
    names=NAMES,
)
def no_credential_in_clear(resource: ResourceView, config: Config) -> Iterator[str]:
    for name, value in resource.plaintext.items():
        if name not in SECRETS.get(resource.kind or "", ()):
            for path, reason in credentials(value, name, config["allowed"], config["names"]):
                yield (
                    f"{path} {reason} and would be stored in plain text; remove it, store it as a secret, or add it "
                    "to the rule's setting allowed"
                )


@rule(
    "connection-credentials",
    "Connection details should not contain credentials: the instance shows them to every user who lists connections.",
    "Connection",
    level="advisory",
    allowed=ALLOWED,
    names=NAMES,
)
def connection_credentials(connection: ResourceView, config: Config) -> Iterator[str]:
    for path, reason in credentials(connection["details"], "details", config["allowed"], config["names"]):
        yield f"{path} {reason}; store the name of a secret that the orchestration fetches, or limit the credential"


# --- pipelines ----------------------------------------------------------------------------------------------


@stack_rule("pipeline-models", "Pipelines must use models of their own workspace.")
def pipeline_models(resources: Sequence[ResourceView], config: Config) -> Iterator[tuple[ResourceView, str]]:
    index = WorkspaceIndex(resources)
    models = [resource for resource in resources if resource.kind == "ModelVersion"]
    found = {model.urn: model for model in models} | {
        str(version): model for model in models if (version := model.known("version"))
    }
    for pipeline in _managed(resources, "Pipeline"):
        named = {*pipeline.sources_of("steps"), *_texts(pipeline["steps"])} & found.keys()
        for model in {found[name].urn: found[name] for name in sorted(named)}.values():
            if index.same_workspace(pipeline, model) is False:
                yield (
                    pipeline,
                    f"its steps use {model} of another workspace; upload the model to the pipeline's workspace",
                )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


# --- shared -------------------------------------------------------------------------------------------------


def _managed(resources: Iterable[ResourceView], kind: str) -> Iterator[ResourceView]:
    return (resource for resource in resources if resource.kind == kind and not resource.external)


def _number(value: float) -> str:
    """Write a number of the configuration, which Pulumi sends as a float: 5 for 5.0."""
    return f"{value:.15g}"


RULES: tuple[Rule, ...] = (
    workspace_name,
    workspace_owners,
    owner_domains,
    owner_group,
    production_protect,
    production_no_force_destroy,
    production_no_adopt_always,
    no_destroy_unmanaged,
    production_protect_adopted,
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
