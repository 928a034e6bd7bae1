"""The exceptions of the package. The text of each is one complete line that a user can act on::

WallarooError
├── ConfigError         a setting is missing or wrong
├── AuthError           no token could be had
├── ApiError            the API answered with an error
├── ConnectionFailed    the API could not be reached, or a read failed after its retries
├── OutcomeUnknown      a write that may or may not have been carried out
└── ObjectError         an object is not as the operation needs it
    └── HiddenError     an object exists, and this user may not see it
"""

from __future__ import annotations

from typing import Self

_LONGEST = 500


def one_line(text: str) -> str:
    """What somebody else said, fit for an error: no line breaks, no control characters, at most 500 characters."""
    squashed = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return squashed if len(squashed) <= _LONGEST else squashed[: _LONGEST - 1] + "…"


class WallarooError(Exception):
    """Base of all errors of the package."""


class ConfigError(WallarooError):
    """A setting is missing or wrong; names the key, the variable and the origin of each given value."""


class AuthError(WallarooError):
    """No token could be had; says which part of the credentials was refused, and why."""


class ApiError(WallarooError):
    """The API answered a request with an error.

    ``status`` is the HTTP status, ``endpoint`` the path below ``/v1/api``, ``message`` the server's own words.
    """

    def __init__(self, status: int, endpoint: str, message: str, hint: str | None = None) -> None:
        self.status = status
        self.endpoint = endpoint
        self.message = one_line(message)
        self.hint = hint
        super().__init__(f"{endpoint} answered {status}: {self.message}" + (f"; {hint}" if hint else ""))

    @property
    def is_page(self) -> bool:
        """Whether a gateway's web page answered in place of the API, so that the status says nothing of an object."""
        return self.message.startswith("<")

    def with_hint(self, hint: str) -> Self:
        """The same error, saying also what to do."""
        return type(self)(self.status, self.endpoint, self.message, hint)


class ConnectionFailed(WallarooError):
    """The API could not be reached, or a read failed after its retries."""


class OutcomeUnknown(WallarooError):
    """Nobody knows whether a write was carried out: its reply was lost.

    ``may_still_run`` tells that the server may be at work on it (a timeout), not only that the line was cut.
    """

    def __init__(self, message: str, *, may_still_run: bool) -> None:
        self.may_still_run = may_still_run
        super().__init__(message)


class ObjectError(WallarooError):
    """An object of the instance is not as the operation needs it: what, where, what to do."""


class HiddenError(ObjectError):
    """An object exists but the user who runs Pulumi may not see it."""
