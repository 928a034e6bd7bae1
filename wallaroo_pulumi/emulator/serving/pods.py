"""The pods of a deployment as `status/get_deployment` reports them: engine, load balancer, sidekicks.

There are no pods: names and addresses are derived from the deployment, and so is their status. A model that
runs in a container of its own (runtime `flight`) has a sidekick.
"""

import hashlib
import sqlite3
from typing import Any, Literal

from ..models import store as models_store
from ..state import State
from ..wire import Wire
from .engine import Ref

Phase = Literal["Pending", "Failed", "Running"]
_PHASES: dict[str, Phase] = {"starting": "Pending", "failed": "Failed"}
_STATUSES: dict[Phase, str] = {"Pending": "Starting", "Failed": "Error", "Running": "Running"}


class Pod(Wire):
    ip: str | None
    name: str
    status: str
    reason: str | None
    details: list[str]


class Engine(Pod):
    """An engine pod. While it starts, the statuses of pipelines and models are null."""

    pipeline_statuses: dict[str, Any] | None
    model_statuses: dict[str, Any] | None


class Sidekick(Pod):
    statuses: str | None


class StatusReply(Wire):
    status: str
    details: list[str]
    engines: list[Engine]
    engine_lbs: list[Pod]
    sidekicks: list[Sidekick]


def engine_name(deployment_id: int) -> str:
    """The name of a deployment's engine pod, which results name as their partition."""
    return _name("engine", deployment_id)


def status_of(
    db: State, deployment: dict[str, Any], version: sqlite3.Row | None, refs: list[Ref]
) -> StatusReply:
    """The status of a deployment (`id`, `name`, `state`, `reason`) that runs a pipeline version with these models."""
    number, phase = deployment["id"], _PHASES.get(deployment["state"], "Running")
    models = [(ref, models_store.version_by_uuid(db, ref["version"])) for ref in refs]
    is_known = phase == "Running"
    engine = Engine(
        **_pod("engine", number, phase, deployment["reason"]),
        pipeline_statuses=_pipelines(deployment["name"], phase, version) if is_known else None,
        model_statuses={"models": [_model(ref, phase, found) for ref, found in models]} if is_known else None,
    )
    containers = [
        f"engine-sidekick-{ref['name']}-{found['id']}"
        for ref, found in models
        if found is not None and models_store.runs_in_container(db, found["id"])
    ]
    return StatusReply(
        status=_STATUSES[phase],
        details=["Scaling"] if phase == "Pending" else [],
        engines=[engine],
        engine_lbs=[Pod(**_pod("engine-lb", number, "Running", None))],
        sidekicks=[
            Sidekick(**_pod(container, number, phase, None), statuses="\n" if is_known else None)
            for container in dict.fromkeys(containers)
        ],
    )


def _pod(container: str, number: int, phase: Phase, reason: str | None) -> dict[str, Any]:
    digest = hashlib.sha256(f"{container} {number}".encode()).digest()
    is_ready = phase == "Running"
    return {
        "ip": f"192.0.2.{digest[0] % 254 + 1}" if is_ready else None,
        "name": _name(container, number),
        "status": phase,
        "reason": reason,
        "details": [] if is_ready else [f"containers with unready status: [{container}]"] * 2,
    }


def _name(container: str, number: int) -> str:
    digest = hashlib.sha256(f"{container} {number}".encode()).hexdigest()
    return f"{container}-{digest[:10]}-{digest[10:15]}"


def _pipelines(name: str, phase: Phase, version: sqlite3.Row | None) -> dict[str, Any]:
    if version is None:
        return {"pipelines": []}
    return {"pipelines": [{"id": name, "status": phase, "version": version["version"]}]}


def _model(ref: Ref, phase: Phase, found: sqlite3.Row | None) -> dict[str, Any]:
    identity = {"model_version_id": found["id"]} if found else {}
    return {**identity, **ref, "status": phase}
