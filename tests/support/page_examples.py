"""The examples on the pages of resources."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from wallaroo_pulumi.resources import RESOURCES

PAGES = Path(__file__).parents[2] / "docs/resources"


def example(kind: str, language: str) -> str:
    """The example of a kind in ``python``, ``yaml`` or ``typescript``."""
    page = (PAGES / f"{kind}.md").read_text()
    (found,) = re.findall(rf"    ```{language}\n(.*?)    ```", page, re.DOTALL)
    return "\n".join(line[4:] for line in found.splitlines())


def one_yaml_program() -> dict[str, Any]:
    """The resources of all YAML examples in one program. What several examples need is declared once."""
    resources: dict[str, Any] = {}
    declared: dict[str, str] = {}
    for kind in RESOURCES:
        renamed: dict[str, str] = {}
        for name, resource in yaml.safe_load(example(kind, "yaml"))["resources"].items():
            text = _with_names(json.dumps(resource), renamed)
            key = f"{resource['type']} {resource['properties'].get('name', text)}"
            renamed[name] = declared.setdefault(key, f"{kind}-{name}")
            resources.setdefault(renamed[name], json.loads(text))
    return resources


def _with_names(text: str, renamed: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\.", lambda found: f"${{{renamed[found[1]]}.", text)
