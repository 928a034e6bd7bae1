"""Tell what looks like a credential: by the name it goes under, or by its own form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(
    r"pass(word|wd|phrase)?|pwd|secret|token|credentials?|(api|access|private|account|signing)_?key", re.I
)
_NAME_OF_A_REFERENCE = re.compile(
    r"(name|id|ref|reference|file|path|url|uri|env|type|endpoint|scope)s?$", re.I
)

_FORMS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an address with a password in it": re.compile(r"://[^/\s:@]*:[^/\s@]+@"),
    "a JSON web token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a Google API key": re.compile(r"\bAIza[\w-]{35}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_\w{36}|github_pat_\w{22,})"),
    "a Databricks token": re.compile(r"\bdapi[0-9a-f]{32}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
}


def credentials(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where in ``value`` something looks like a credential, and why: (path, reason) pairs, never the value itself."""
    if isinstance(value, str):
        form = next((name for name, pattern in _FORMS.items() if pattern.search(value)), None)
        if form:
            yield path, f"looks like {form}"
        elif value and _is_name_of_a_credential(path.rpartition(".")[2]):
            yield path, "is named like a credential"
    elif isinstance(value, Mapping):
        if isinstance(name := value.get("name"), str) and "value" in value:  # an environment variable
            yield from credentials(value["value"], f"{path}.{name}")
        else:
            for key, part in value.items():
                yield from credentials(part, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from credentials(part, f"{path}[{index}]")


def _is_name_of_a_credential(name: str) -> bool:
    return bool(_NAME.search(name)) and not _NAME_OF_A_REFERENCE.search(name)
