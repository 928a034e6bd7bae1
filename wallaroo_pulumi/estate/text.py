"""Write JSON as YAML that ``document`` reads back exactly, and that YAML 1.1 parsers read the same way."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.resolver import BaseResolver

from .document import CORE_SCALARS

_INVISIBLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
"""Line breaks, which other styles fold, and invisible characters: escaped in double quotes."""


class _Dumper(yaml.SafeDumper):
    """Quotes strings that would have another type in YAML 1.1 or 1.2."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        style = '"' if _INVISIBLE.search(value) else None
        return self.represent_scalar(BaseResolver.DEFAULT_SCALAR_TAG, value, style=style)


_Dumper.add_representer(str, _Dumper.text)
for _tag, _pattern, _first in CORE_SCALARS:
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def to_yaml(value: dict[str, Any]) -> str:
    """Write a JSON object, with its keys in order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
