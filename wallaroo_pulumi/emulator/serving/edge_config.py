"""Engine configurations of publishes, and what edges are started with."""

import base64
import math
import secrets
from typing import Any

from ..settings import OCI_REGISTRY

DEFAULT_ENGINE_CONFIG: dict[str, Any] = {
    "engine": {
        "resources": {
            "limits": {"cpu": 4.0, "memory": "3Gi"},
            "requests": {"cpu": 4.0, "memory": "3Gi"},
            "arch": "x86",
            "accel": "none",
            "gpu": False,
        }
    },
    "engineAux": {"autoscale": {"type": "none", "cpu_utilization": 50.0}, "images": {}},
}


def completed(engine_config: dict[str, Any]) -> dict[str, Any]:
    """An engine configuration with the defaults of what it leaves out, and CPUs as floats."""
    resources = (engine_config.get("engine") or {}).get("resources") or {}
    default = DEFAULT_ENGINE_CONFIG["engine"]["resources"]
    bounds = {name: _floating(resources.get(name) or default[name]) for name in ("limits", "requests")}
    auxiliary = DEFAULT_ENGINE_CONFIG["engineAux"] | (engine_config.get("engineAux") or {})
    engine = (engine_config.get("engine") or {}) | {"resources": default | resources | bounds}
    return engine_config | {"engine": engine, "engineAux": auxiliary}


def _floating(quantities: dict[str, Any]) -> dict[str, Any]:
    cpu = quantities.get("cpu")
    return quantities | ({"cpu": float(cpu)} if isinstance(cpu, int) else {})


def size_of(engine_config: dict[str, Any]) -> dict[str, Any]:
    """The CPUs and memory of an edge: those of the engine that it runs."""
    limits = ((engine_config.get("engine") or {}).get("resources") or {}).get("limits") or {}
    try:
        cpus = float(limits.get("cpu") or 1)
    except ValueError:
        cpus = 1.0
    return {"cpus": cpus, "memory": str(limits.get("memory") or "512Mi")}


def bundle(edge_name: str, pipeline_url: str | None, engine_config: dict[str, Any], host: str) -> str:
    """What an edge is started with: shell lines, with a join token made for it now."""
    lines = {
        "BUNDLE_VERSION": "1",
        "CONFIG_CPUS": str(max(1, math.ceil(size_of(engine_config)["cpus"]))),
        "EDGE_NAME": edge_name,
        "OPSCENTER_HOST": host,
        "PIPELINE_URL": pipeline_url or "",
        "JOIN_TOKEN": secrets.token_urlsafe(24),
        "OCI_REGISTRY": OCI_REGISTRY.partition("/")[0],
    }
    script = "\n".join(f"export {name}={value}" for name, value in lines.items())
    return base64.b64encode(script.encode()).decode()
