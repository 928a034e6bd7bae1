"""Find values that look like credentials, by name or by form."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""Splits ``clientSecret``, ``client_secret`` and ``client-secret`` into the same words."""
_NAME = re.compile(
    r"(^|_)("
    r"pass|pwd|[a-z]*(password|passwd|passphrase)s?|credentials?"
    r"|(client|app|shared|user|db)?secrets?"
    r"|(access|auth|api|bearer|id|refresh|session)?token"
    r"|(access|account|api|encryption|private|secret|shared|signing)_?keys?"
    r")(_|$)"
)
_OTHER_NAME = re.compile(
    r"(^|_)(name|id|ref|reference|arn|file|path|url|uri|env|type|endpoint|scope|field|header|policy|ttl|limit|length)s?$"
    r"|^(bos|cls|eos|mask|pad|sep|stop|unk)_token$"  # tokens of language models
)
_NOT_A_CREDENTIAL = re.compile(r"\s*|true|false|yes|no|on|off", re.I)

_FORMS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an address with a password in it": re.compile(r"://[^/\s:@]*:[^/\s@]+@"),
    "a connection string with a password in it": re.compile(
        r"(^|[;?&\s])(password|passwd|pwd|account_?key|shared_?access_?key|client_?secret|access_?token|api_?key)"
        r"\s*=\s*[^\s;&]",
        re.I,
    ),
    "an address with a token or a signature in it": re.compile(
        r"(^|[?&])(sig|(x-(amz|goog)-)?signature|([a-z]+_)?token|api_?key)=[\w%+/=.~-]{8,}", re.I
    ),
    "the header of a login": re.compile(
        r"^\s*(authorization:\s*)?(bearer\s+\S{6,}|basic\s+(?-i:(?=\S*[A-Z\d=]))[\w+/-]{6,}=*)\s*$", re.I
    ),
    "a JSON web token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a Google API key": re.compile(r"\bAIza[\w-]{35}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_\w{36}|github_pat_\w{22,})"),
    "a Databricks token": re.compile(r"\bdapi[0-9a-f]{32}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
}


def credentials(
    value: Any, path: str, allowed: Collection[str] = (), names: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield (path, reason) for each part of ``value`` that looks like a credential, never the value itself.

    :param path: The path of ``value``; its last part is the value's name.
    :param allowed: Names to ignore; ``*_TOKEN`` is a family.
    :param names: Further names of credentials.
    """
    if isinstance(value, str):
        name = re.sub(r"\[\d+\]", "", path).rpartition(".")[2]
        if _is_one_of(name, allowed):
            return
        form = next((form for form, pattern in _FORMS.items() if pattern.search(value)), None)
        if form:
            yield path, f"looks like {form}"
        elif not _NOT_A_CREDENTIAL.fullmatch(value) and (
            _is_one_of(name, names) or _is_name_of_a_credential(name)
        ):
            yield path, "is named like a credential"
    elif isinstance(value, Mapping):
        if isinstance(value.get("name"), str) and "value" in value:  # an environment variable
            yield from credentials(value["value"], f"{path}.{value['name']}", allowed, names)
        else:
            for key, part in value.items():
                yield from credentials(part, f"{path}.{key}", allowed, names)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from credentials(part, f"{path}[{index}]", allowed, names)


def _is_one_of(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _is_name_of_a_credential(name: str) -> bool:
    words = "_".join(_WORD.findall(name)).lower()
    return bool(_NAME.search(words)) and not _OTHER_NAME.search(words)
