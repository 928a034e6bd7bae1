"""Redaction: what replaces a secret in every text that leaves the package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

REDACTED: Final = "***"

_USER_IN_ADDRESS: Final = re.compile(
    r"""((?::|%3A)(?:\\?/|%2F){2})(?!git(?:@|%40))(?:(?!%2F)[^\s/"'<>])+(@|%40)""", re.IGNORECASE
)
"""The user, the password or the token in an address, plain or escaped. ``git@`` is no secret."""


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return ``text`` without the secrets: plain or stripped, quoted in JSON, and escaped in HTML or a URL.

    The users of addresses (``https://user:password@``, ``https://token@``) are always removed.
    """
    import html  # here: few runs redact anything

    plain = {form for secret in secrets if secret and secret.strip() for form in (secret, secret.strip())}
    quoted = {
        form
        for secret in plain
        for form in (
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            repr(secret)[1:-1],
        )
    }
    forms = {form for q in quoted for form in (q, html.escape(q), quote(q, safe=""), quote(q), quote_plus(q))}
    for form in sorted(forms, key=len, reverse=True):  # a form may contain a shorter one
        text = text.replace(form, REDACTED)
    return _USER_IN_ADDRESS.sub(rf"\1{REDACTED}\2", text)


def redact_url(url: str) -> str:
    """Return ``url`` without user, password, query and fragment, in which people and gateways put secrets."""
    url = re.sub(r"(?s)^(\w+://)?.*@", rf"\1{REDACTED}@", url)
    return re.sub(r"(?s)[?#].*", f"?{REDACTED}", url)
