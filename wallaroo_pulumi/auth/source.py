"""The source of the token: requested once, renewed in time, by one thread at a time.

Lifetimes come from the token endpoint's own answers. A token is renewed by the refresh token while that lives (it may
die before the access token), and by a new login when it is refused.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from ..config import Settings
from ..errors import LoginRejected, one_line
from .grants import Grants, Tokens
from .sdk import SdkHeaders


class HeaderSource(Protocol):
    """Gives the value of the ``Authorization`` header."""

    def header(self) -> str:
        """The header's value, renewed when due. Raises AuthError."""

    def renew(self, refused: str) -> str | None:
        """Another value after the API refused ``refused`` with 401; None when there cannot be one."""


class StaticToken:
    """A token obtained elsewhere, used unchanged."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def header(self) -> str:
        return self._header

    def renew(self, refused: str) -> None:
        del refused


@dataclass(frozen=True)
class _Held:
    """Tokens, and the time before they were requested, so that their end is never set too late."""

    tokens: Tokens
    since: float

    @property
    def header(self) -> str:
        return f"Bearer {self.tokens.access_token}"


class TokenSource:
    """A bearer token from Keycloak, shared by all threads.

    ``clock`` gives monotonic seconds. Renewal is single-flight: one thread asks, and the others who want a token
    meanwhile share its answer. A rejected login is remembered and not sent again: an account may be locked after a few
    wrong passwords.
    """

    _MARGIN = 10.0
    """Renewed so many seconds before the end, or in the last tenth of a life shorter than 100 seconds, and in the last
    second of any: Keycloak counts in whole seconds, so that a token issued late in one ends before its time."""

    def __init__(self, grants: Grants, clock: Callable[[], float] = time.monotonic) -> None:
        self._grants = grants
        self._clock = clock
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._flight: Future[_Held] | None = None
        self._rejection: LoginRejected | None = None

    def header(self) -> str:
        return self._get(self._is_fresh)

    def renew(self, refused: str) -> str:
        # Another thread may have renewed since the refused token was sent; then its token is worth a try.
        return self._get(lambda held: held.header != refused and self._is_fresh(held))

    def _get(self, good: Callable[[_Held], bool]) -> str:
        with self._lock:
            held = self._held
            if held is not None and good(held):
                return held.header
            if self._rejection is not None:
                raise LoginRejected(str(self._rejection))
            mine = self._flight is None
            flight = self._flight = self._flight or Future()
        if mine:
            self._fly(flight, held)
        return flight.result().header

    def _fly(self, flight: Future[_Held], old: _Held | None) -> None:
        """Renew, without the lock, and let ``flight`` carry what comes of it."""
        try:
            since = self._clock()
            held = _Held(self._by_refresh(old) or self._grants.login(), since)
        except BaseException as error:
            with self._lock:
                # A refresh token that was refused is not tried again.
                self._held = self._flight = None
                if isinstance(error, LoginRejected):
                    self._rejection = error
            flight.set_exception(error)
        else:
            with self._lock:
                self._held, self._flight = held, None
            flight.set_result(held)

    def _is_fresh(self, held: _Held) -> bool:
        lifetime = held.tokens.expires_in
        margin = max(1.0, min(self._MARGIN, lifetime / 10))
        return self._clock() < held.since + lifetime - margin

    def _by_refresh(self, old: _Held | None) -> Tokens | None:
        """Tokens by the refresh token; None when there is none, or it is dead."""
        if old is None or old.tokens.refresh_token is None:
            return None
        if self._clock() >= old.since + old.tokens.refresh_expires_in:
            return None
        return self._grants.refresh(old.tokens.refresh_token)


def token_source(settings: Settings, http: httpx.Client | None = None) -> HeaderSource:
    """The source that the settings ask for."""
    if settings.auth == "token":
        return StaticToken(settings.token or "")
    if settings.auth == "sdk":
        return SdkHeaders(settings)
    return TokenSource(Grants(settings, http))


def subject(header: str) -> str | None:
    """Return the id of the token's user, its ``sub`` claim, or None."""
    sub = _claims(header).get("sub")
    return sub if isinstance(sub, str) else None


@dataclass(frozen=True)
class Account:
    """Whose token it is, as far as the token says."""

    id: str | None
    username: str | None
    email: str | None

    def __str__(self) -> str:
        names = list(dict.fromkeys(filter(None, (self.username, self.email))))
        if not names and not self.id:
            return "not named by the token"
        return ", ".join([*names, *([f"id {self.id}"] if self.id else [])])


def account(header: str) -> Account:
    """Return the account of a token, by its claims ``sub``, ``preferred_username`` and ``email``."""
    claims = _claims(header)
    named = {
        key: one_line(claims[key])
        for key in ("preferred_username", "email")
        if isinstance(claims.get(key), str)
    }
    return Account(subject(header), named.get("preferred_username"), named.get("email"))


def expiry(header: str) -> float | None:
    """Return when the token expires, its ``exp`` claim in seconds since 1970, or None."""
    exp = _claims(header).get("exp")
    return float(exp) if isinstance(exp, int | float) else None


def _claims(header: str) -> dict[str, Any]:
    """What the token says, read without verification; nothing when it is opaque."""
    try:
        payload = header.removeprefix("Bearer ").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
