"""Settings that several rules share, and checks that a JSON schema cannot express."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .definitions import KINDS


def pattern(text: str) -> None:
    """Raise ValueError unless ``text`` is a regular expression of Python; the engine checks another dialect."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a Python regular expression: {error}") from None


def texts(description: str, *default: str) -> Mapping[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string"},
        "default": list(default),
        "description": description,
    }


def kinds(description: str, *default: str) -> Mapping[str, Any]:
    return {**texts(description, *default), "items": {"type": "string", "enum": list(KINDS)}}


PRODUCTION: Mapping[str, Any] = {
    "type": "string",
    "check": pattern,
    "default": r"(^|[-_.])prod(uction)?($|[-_.])",
    "description": "which stacks are production: a regular expression that is searched in the stack's name",
}
