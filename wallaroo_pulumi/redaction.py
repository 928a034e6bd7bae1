"""Redaction: what replaces a secret in every text that leaves the package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

REDACTED: Final = "***"


def redact(text: str, secrets: Iterable[str | None]) -> str:
    """Return ``text`` without the secrets: plain or stripped, quoted in JSON, and escaped in HTML or a URL."""
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
    return text


def redact_url(url: str) -> str:
    """Return ``url`` without user, password, query and fragment, in which people and gateways put secrets."""
    url = re.sub(r"(?s)^(\w+://)?.*@", rf"\1{REDACTED}@", url)
    return re.sub(r"(?s)[?#].*", f"?{REDACTED}", url)
