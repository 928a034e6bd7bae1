"""The names of properties and objects: snake_case in Python, camelCase on the wire, DNS labels on the instance."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Final

INVALID: Final = "__invalid"
"""The key of an object that stands for a value that was rejected before check; its value is the line that says why."""

DNS_LABEL = re.compile(r"[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
"""The rule of the vendor's SDK for workspace, pipeline and model names (docs/internals/mlops-api.md#names)."""

DNS_LABEL_RULE = (
    "a name is a DNS label: letters, digits and hyphens, a letter first, no hyphen last, "
    "at most 63 characters"
)
_LONGEST = 63
_SUFFIX = 7


@cache
def wire_name(python_name: str) -> str:
    """``workspace_id`` → ``workspaceId``. The one function that makes names for Pulumi's wire."""
    first, *rest = python_name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def as_dns_label(text: str, longest: int = _LONGEST) -> str:
    """The nearest name to ``text`` that obeys the rule, never longer than ``longest`` characters."""
    label = re.sub(r"[^a-z0-9]+", "-", text.lower()).lstrip("-0123456789")[:longest].strip("-")
    return label or "unnamed"


def autoname(resource_name: str, identity: str) -> str:
    """A name for an object whose program gives none: the resource's name and 7 hex characters.

    ``identity`` is whatever tells this resource from all others (stack, type, parents). The suffix is a digest
    of it, not a random number, so that preview and up name the same object.
    """
    suffix = hashlib.sha256(identity.encode()).hexdigest()[:_SUFFIX]
    stem = resource_name
    if len(stem) > _LONGEST - _SUFFIX - 1 or not DNS_LABEL.fullmatch(stem):
        stem = as_dns_label(stem, _LONGEST - _SUFFIX - 1)
    return f"{stem}-{suffix}"
