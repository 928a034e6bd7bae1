"""Send calls of the MLOps API, with retries and error mapping.

Every call is a POST with a JSON object, even reads (docs/internals/mlops-api.md#evidence). Whether a call may be
repeated therefore depends on its effect, not on its method.
"""

from __future__ import annotations

import enum
import functools
import io
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, overload
from urllib.parse import urlsplit

import httpx
from pydantic import TypeAdapter, ValidationError

from ..auth.bearer import BearerAuth
from ..auth.source import Account, HeaderSource, account
from ..config import Settings
from ..errors import ApiError, BadReply, ConnectionFailed, OutcomeUnknown
from ..http import (
    decoded,
    gateway_remedy,
    open_client,
    read_retries,
    unreachable,
    web_page,
    write_retries,
)
from ..redaction import redact

T = TypeVar("T")


class Effect(enum.Enum):
    """The effect of a call, which determines whether it may be sent again."""

    READ = "read"
    """Changes nothing: retried after connection errors, timeouts, 429, 502, 503, 504 and unreadable replies."""
    IDEMPOTENT = "idempotent"
    """A write with the same effect when sent twice: retried like a read."""
    WRITE = "write"
    """Retried only if it cannot have been carried out; otherwise its outcome is unknown."""


class Transport:
    """Sends calls with the token, over pooled connections. Safe for threads."""

    def __init__(self, settings: Settings, source: HeaderSource, http: httpx.Client | None = None) -> None:
        self._settings = settings
        self._source = source
        self._http = http or open_client(settings)
        self._auth = BearerAuth(source)

    @property
    def account(self) -> Account:
        """Return the account of the token. Raises AuthError."""
        return account(self._source.header())

    @overload
    def call(self, endpoint: str, body: Mapping[str, Any], effect: Effect) -> Any: ...

    @overload
    def call(self, endpoint: str, body: Mapping[str, Any], effect: Effect, reply: type[T]) -> T: ...

    def call(self, endpoint: str, body: Mapping[str, Any], effect: Effect, reply: Any = Any) -> Any:
        """Send ``body`` to ``endpoint`` (``workspaces/list``, or a whole path such as ``/v2/api/assays/get``).

        Returns the response as a ``reply``: a wire model or any type that pydantic supports. Default: the decoded JSON.
        Raises ApiError, AuthError, ConnectionFailed and, for a WRITE, OutcomeUnknown.
        """
        path = endpoint if endpoint.startswith("/") else f"/v1/api/{endpoint}"
        request = self._http.build_request("POST", self._settings.api_url + path, json=dict(body))
        return _shaped(self._send(request, body, endpoint, effect), endpoint, effect, reply)

    def upload(
        self,
        endpoint: str,
        metadata: Mapping[str, Any],
        file: Path,
        timeout: float,
        reply: type[T],
        sent: Callable[[int], None] = lambda _: None,
    ) -> T:
        """Send a file and its metadata as multipart/form-data, streamed from disk.

        A WRITE of at most ``timeout`` seconds. ``sent`` receives the bytes sent so far; its exceptions end the upload.
        Raises OSError if the file cannot be read, and otherwise the same exceptions as :meth:`call`.
        """
        with _Watched(file, sent) as content:
            size = content.size
            call = f"{endpoint} of {file.name!r} ({_readable(size)})"
            request = self._http.build_request(
                "POST",
                f"{self._settings.api_url}/v1/api/{endpoint}",
                files={
                    "metadata": (None, json.dumps(metadata), "application/json"),
                    "file": (file.name, content, "application/octet-stream"),
                },
                timeout=httpx.Timeout(self._settings.timeout, read=max(timeout, self._settings.timeout)),
            )
            answer = self._send(request, metadata, call, Effect.WRITE, content)
            return _shaped(answer, call, Effect.WRITE, reply)

    def upload_without_file(self, endpoint: str, metadata: Mapping[str, Any], reply: type[T]) -> T:
        """Send metadata as multipart/form-data. A WRITE; raises the same exceptions as :meth:`call`."""
        request = self._http.build_request(
            "POST",
            f"{self._settings.api_url}/v1/api/{endpoint}",
            files={"metadata": (None, json.dumps(metadata), "application/json")},
        )
        return _shaped(self._send(request, metadata, endpoint, Effect.WRITE), endpoint, Effect.WRITE, reply)

    def _send(
        self,
        request: httpx.Request,
        sent: Mapping[str, Any],
        endpoint: str,
        effect: Effect,
        upload: _Watched | None = None,
    ) -> Any:
        retries = write_retries if effect is Effect.WRITE else read_retries
        request.extensions["retry"] = retries(self._settings)
        try:
            response = self._http.send(request, auth=self._auth)
            answer = decoded(response)
        except httpx.HTTPError as error:
            raise self._failed(error, endpoint, effect, upload) from None
        if not response.is_success:
            raise self._answered(response, sent, endpoint, effect)
        return {} if answer is None else answer

    def _failed(
        self, error: httpx.HTTPError, endpoint: str, effect: Effect, upload: _Watched | None
    ) -> Exception:
        """Return the error for a request without a readable response."""
        line = f"{endpoint}: {unreachable(error, 'the API', self._settings.api_url, self._settings)}"
        not_sent = isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
        )
        if effect is not Effect.WRITE or not_sent:
            return ConnectionFailed(line)
        if upload is not None:
            line += (
                f"; {_readable(upload.tell())} of {_readable(upload.size)} were sent: a gateway may limit the size or "
                "the duration of uploads (an nginx ingress: proxy-body-size, proxy-read-timeout)"
            )
        return _unknown(line, may_still_run=isinstance(error, httpx.TimeoutException))

    def _answered(
        self, response: httpx.Response, sent: Mapping[str, Any], endpoint: str, effect: Effect
    ) -> Exception:
        """Return the error for a response that is not 2xx to a request with this JSON."""
        status = response.status_code
        token = response.request.headers["authorization"].removeprefix("Bearer ")
        message, from_api = _message(response)
        # Some responses quote the request.
        said = redact(self._settings.redact(message), [token, *_secrets(sent)])
        hint = self._hint(
            status, from_gateway=not from_api and (status == 404 or web_page(response) is not None)
        )
        error = ApiError(status, endpoint, said, hint, from_api=from_api)
        if effect is Effect.WRITE and status in (502, 504):
            return _unknown(str(error), may_still_run=status == 504)
        return error

    def _hint(self, status: int, *, from_gateway: bool) -> str | None:
        """Return the hint about what to do."""
        if 300 <= status < 400:
            return "set wallaroo:apiUrl (WALLAROO_API_URL) to the address that the API itself has"
        if status == 401 and self._settings.auth == "token":
            return "the token in wallaroo:token (WALLAROO_TOKEN) was rejected or has expired: get a new one"
        if status == 401:
            return "the API rejected a freshly issued token: check the user's rights with `wallaroo-pulumi doctor`"
        if status == 429:
            return "the instance limits its request rate; try again later"
        if from_gateway or status in (407, 413):
            return gateway_remedy(status, self._settings.api_url, "apiUrl")
        if status == 403:
            return (
                "the user who runs Pulumi is not allowed to do this; "
                "ask an owner of the workspace or an administrator of the instance"
            )
        if status == 507:
            return "the instance's storage is full: delete unused objects or enlarge it"
        if status >= 500:
            return "the instance failed: try again, and if the error persists, send this line to its administrator"
        return None


class _Watched(io.FileIO):
    """A file that reports how far it has been read."""

    def __init__(self, file: Path, sent: Callable[[int], None]) -> None:
        super().__init__(file)
        self._sent = sent
        self.size = file.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(-1 if size is None else size)
        self._sent(self.tell())
        return chunk


def _readable(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.{0 if unit == 'bytes' else 1}f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def _unknown(line: str, *, may_still_run: bool) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{line}; the request may have been applied: run `pulumi up` again, which checks before it writes",
        may_still_run=may_still_run,
    )


@functools.cache
def _adapter(reply: Hashable) -> TypeAdapter[Any]:
    """Return a cached adapter: creating one takes longer than validating most responses with it."""
    return TypeAdapter(cast("Any", reply))


def _shaped(answer: Any, endpoint: str, effect: Effect, reply: type[T]) -> T:
    """Validate the response as a ``reply``."""
    try:
        shaped: T = _adapter(cast("Hashable", reply)).validate_python(answer)
    except ValidationError as error:
        failure = _misshapen(error, endpoint, effect)
    else:
        return shaped
    raise failure  # outside, because pydantic's error quotes the response and must not become the context of ours


def _misshapen(error: ValidationError, endpoint: str, effect: Effect) -> Exception:
    """Return the error for a JSON response with an unexpected structure."""
    # Not the error's own text: the response may contain secrets.
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "the whole"
    line = f"{place}: {first['msg']}"
    if effect is Effect.WRITE:
        return _unknown(f"{endpoint} gave a reply of an unknown shape ({line})", may_still_run=False)
    hint = (
        "check that wallaroo:apiUrl (WALLAROO_API_URL) is a Wallaroo instance of a version that is supported"
    )
    return BadReply(200, endpoint, f"a reply of an unknown shape ({line})", hint)


def _message(response: httpx.Response) -> tuple[str, bool]:
    """Return the server's message from any shape of error body, and whether it is the API's own.

    The API's errors are ``{"msg": text, "code": status}`` (docs/internals/mlops-api.md#errors). Gateways answer with
    pages, texts and JSON of other shapes.
    """
    if response.has_redirect_location:
        # Without user, query and fragment, in which gateways keep the state of a login.
        target = urlsplit(response.headers["location"])
        host = target.netloc.rpartition("@")[2]
        place = f"{target.scheme}://{host}{target.path}" if host else target.path
        return f"a redirect to {place!r}, which is not followed", False
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        from_api = isinstance(body.get("msg"), str) or body.get("code") == response.status_code
        for key in ("msg", "error", "message", "detail"):
            if body.get(key):
                return _words(body[key]), from_api
    page = web_page(response)
    return (
        f"{page}, not an answer of the API" if page else response.text.strip() or response.reason_phrase,
        False,
    )


def _words(said: Any) -> str:
    """Format a validator's list of problems, ``{loc, msg, input}``, without the input, which may be a secret."""
    if isinstance(said, list) and all(isinstance(problem, dict) and "msg" in problem for problem in said):
        return "; ".join(f"{'.'.join(map(str, p.get('loc', ())))}: {p['msg']}" for p in said)
    return str(said)


_SECRET_KEYS = frozenset(("details", "password", "token", "json"))
"""Keys of secrets in requests: connections, invitations, registries, arguments of tasks."""
_VARIABLES = "env"
"""The key of a container's environment variables, each with a name and a value."""
_SHORTEST_SECRET = 4
"""Characters; redacting shorter values would make messages unreadable."""


def _secrets(value: Any, *, secret: bool = False) -> Iterator[str]:
    """Yield the strings of a request that may be secret."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key == _VARIABLES and isinstance(below, list):
                below = [variable.get("value") for variable in below if isinstance(variable, Mapping)]
            yield from _secrets(below, secret=secret or key in (*_SECRET_KEYS, _VARIABLES))
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _secrets(below, secret=secret)
    elif secret and isinstance(value, str) and len(value) >= _SHORTEST_SECRET:
        yield value
