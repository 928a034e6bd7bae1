"""The exceptions of the package. The text of each is one complete line that a user can act on::

WallarooError
├── ConfigError             a setting is missing or wrong
├── AuthError               no token could be had
│   └── LoginRejected       Keycloak rejected the credentials: the same login is not sent again
├── ApiError                the API, or a gateway in front of it, answered with an error
│   └── BadReply            the API answered with JSON of an unknown shape
├── ConnectionFailed        the API could not be reached, or a read failed after its retries
├── OutcomeUnknown          a write that may or may not have been carried out
└── ObjectError             an object is not as the operation needs it, such as a model that could not be converted
    ├── NotFoundError       an object that the operation refers to does not exist
    │   └── GoneError       the object that the state records no longer exists
    ├── HiddenError         an object exists, and this user may not see it
    ├── ConflictError       the name, id or object is another's: taken, in use, or not what the state records
    │   └── ReaddressedError  the account that the state records has another address now
    ├── RefusedError        the package refuses to send a request that would do harm
    ├── InconsistentError   replies of the API contradict each other
    ├── TimedOut            background work of the instance did not end in time
    └── Interrupted         the user cancelled the run
"""

from __future__ import annotations

from typing import Self

_LONGEST = 500


def one_line(text: str) -> str:
    """Return foreign text fit for an error: one line without control characters, at most 500 characters."""
    squashed = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return squashed if len(squashed) <= _LONGEST else squashed[: _LONGEST - 1] + "…"


class WallarooError(Exception):
    """Base of all errors of the package."""


class ConfigError(WallarooError):
    """A setting is missing or wrong; names the key, the variable and the origin of each given value."""


class AuthError(WallarooError):
    """No token could be had; says which part of the credentials was refused, and why."""


class LoginRejected(AuthError):
    """Keycloak rejected the credentials. Sending them again is useless, and may lock the account."""


class ApiError(WallarooError):
    """A request was answered with an error, by the API or by a gateway in front of it.

    ``status`` is the HTTP status, ``endpoint`` the path below ``/v1/api``, ``message`` the server's own words.
    ``from_api`` is false for a gateway's answer, which says nothing about objects.
    """

    def __init__(
        self, status: int, endpoint: str, message: str, hint: str | None = None, *, from_api: bool = True
    ) -> None:
        self.status = status
        self.endpoint = endpoint
        self.message = one_line(message)
        self.hint = hint
        self.from_api = from_api
        super().__init__(f"{endpoint} answered {status}: {self.message}" + (f"; {hint}" if hint else ""))

    def answered(self, *statuses: int) -> bool:
        """Whether the API itself answered, and with one of these statuses."""
        return self.from_api and self.status in statuses

    def with_hint(self, hint: str) -> Self:
        """Return the same error with another remedy."""
        return type(self)(self.status, self.endpoint, self.message, hint, from_api=self.from_api)


class BadReply(ApiError):
    """A successful response whose JSON does not have the expected shape."""


class ConnectionFailed(WallarooError):
    """The API could not be reached, or a read failed after its retries."""


class OutcomeUnknown(WallarooError):
    """The outcome of a write is unknown: its reply was lost.

    ``may_still_run``: the server may still be working on it (a timeout), as opposed to a connection that was cut.
    """

    def __init__(self, message: str, *, may_still_run: bool) -> None:
        self.may_still_run = may_still_run
        super().__init__(message)


class ObjectError(WallarooError):
    """An object of the instance is not as the operation needs it: what, where, what to do."""


class NotFoundError(ObjectError):
    """An object that the operation refers to does not exist, or the user may not know of it."""


class GoneError(NotFoundError):
    """The object that the state records no longer exists; ``fact`` says what was found."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}; run `pulumi refresh`, then `pulumi up`")


class HiddenError(ObjectError):
    """An object exists but the user who runs Pulumi may not see it."""


class ConflictError(ObjectError):
    """The name, id or object belongs to another: it is taken, in use, or not the one that the state records."""


class ReaddressedError(ConflictError):
    """The account that the state records is still there, under another address."""


class RefusedError(ObjectError):
    """The package refuses the operation, because it would do harm that is hard to undo. Nothing was sent."""


class InconsistentError(ObjectError):
    """Replies of the API contradict each other."""


class TimedOut(ObjectError):
    """Background work of the instance did not end in time."""


class Interrupted(ObjectError):
    """The user cancelled the run. The next run continues the work, or starts it again."""
