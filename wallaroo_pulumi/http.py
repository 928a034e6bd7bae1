"""How connections are made: pooled, bounded in time, retried where it is safe; TLS always verified, no redirects.

Also proxies, and answers that the instance did not give: pages of gateways and proxies.
"""

from __future__ import annotations

import contextlib
import functools
import html
import re
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from httpx_retries import Retry, RetryTransport

from .config import Settings
from .errors import ConfigError, one_line
from .proxies import Proxy, proxy_for

_LONGEST_WAIT = 10.0
"""Seconds between two tries at most, whatever Retry-After says."""
_ALL_WAITS = 60.0
"""Seconds of waiting for one request at most."""
_MOST_CONNECTIONS = 32
"""As many as the plugin has threads."""
_REFUSED = (429, 503)
_GATEWAY = (502, 504)
_DECODED = "wallaroo_pulumi.decoded"
"""Extension of a response: its JSON, which the retries look at before the caller does."""
_LARGEST_REPLY = 256 << 20
"""Bytes; a listing of 10,000 workspaces has three million."""
_ONE_PACKET = 65_536
"""Bytes of a request that are sent at once."""


def open_client(settings: Settings, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for the instance. Requests are retried as reads unless they say otherwise (:func:`write_retries`).

    ``transport`` replaces the network. Raises ConfigError when caBundle cannot be read, or for a variable such as
    HTTPS_PROXY that is no proxy's URL.
    """

    def retried(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        return RetryTransport(_WholeReplies(inner), read_retries(settings))

    if transport is not None:
        mounts: dict[str, httpx.BaseTransport] = {}
    else:
        proxies = {url: proxy_for(url) for url in (settings.api_url, settings.keycloak_url)}
        addresses = [*proxies, *(proxy.url for proxy in proxies.values() if proxy)]
        context = _trust(settings, encrypted=any(url.startswith("https:") for url in addresses))
        transport = _network(context)
        networks = {proxy: retried(_network(context, proxy)) for proxy in proxies.values() if proxy}
        mounts = {_origin(url): networks[proxy] for url, proxy in proxies.items() if proxy}
    return httpx.Client(
        transport=retried(transport), mounts=mounts, timeout=settings.timeout, follow_redirects=False
    )


def _origin(url: str) -> str:
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"


def read_retries(settings: Settings, *more_statuses: int) -> Retry:
    """For idempotent requests. They are also sent again after ``more_statuses``."""
    return Retry(
        total=settings.max_retries,
        allowed_methods=["GET", "POST"],
        status_forcelist=[*_REFUSED, *_GATEWAY, *more_statuses],
        retry_on_exceptions=[
            httpx.TimeoutException,
            httpx.NetworkError,
            httpx.RemoteProtocolError,
            httpx.DecodingError,
        ],
        backoff_factor=0.25,
        max_backoff_wait=_LONGEST_WAIT,
        total_timeout=_ALL_WAITS,
        validate_response=decoded,
    )


def write_retries(settings: Settings) -> Retry:
    """For writes: again only when the request cannot have been carried out."""
    return Retry(
        total=settings.max_retries,
        allowed_methods=["POST"],
        status_forcelist=list(_REFUSED),
        retry_on_exceptions=[httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout],
        backoff_factor=0.25,
        max_backoff_wait=_LONGEST_WAIT,
        total_timeout=_ALL_WAITS,
    )


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer that is 2xx, None of any other. Raises httpx.DecodingError when it is cut or no JSON."""
    response.read()
    if not response.is_success or not response.content:
        return None
    if _DECODED not in response.extensions:
        response.extensions[_DECODED] = _parsed(response)
    return response.extensions[_DECODED]


def _parsed(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        pass  # it contains the whole text, so it must not become the context of our error
    page = web_page(response)
    raise httpx.DecodingError(f"it is {page or 'no JSON, or cut short'}", request=response.request)


def web_page(response: httpx.Response) -> str | None:
    """Describe an answer in HTML or XML, which neither the API nor Keycloak gives us, or return None for any other.

    By its title, or else its text. Not cut: callers redact it first.
    """
    text = response.text.lstrip("\ufeff \t\r\n")
    if not text or not (text.startswith("<") or "text/html" in response.headers.get("content-type", "")):
        return None
    titled = re.search(r"(?is)<title[^>]*>(.*?)</title>", text) or re.search(
        r"(?is)<h1[^>]*>(.*?)</h1>", text
    )
    words = re.sub(r"(?is)<(style|script).*?</\1>|<[^>]*>", " ", titled[1] if titled else text)
    return f"a web page ({html.unescape(words).strip() or 'without text'})"


def gateway_remedy(status: int, url: str, setting: str) -> str:
    """What to do about an answer that the instance itself did not give.

    ``url`` is where the request went, ``setting`` the key of that address.
    """
    proxy = proxy_for(url)
    if status == 407 and proxy:
        return f"the proxy {proxy} requires user and password: put them into that URL"
    between = f"the gateway, or the proxy {proxy}," if proxy else "the gateway"
    if status == 413:
        return "a gateway limits the size of requests: raise its limit (of an nginx ingress: proxy-body-size)"
    if status >= 500:
        return f"check {between} in front of the instance, and that the instance is up"
    return f"check wallaroo:{setting}, and the rules of {between} in front of the instance"


def unreachable(error: httpx.HTTPError, what: str, url: str, settings: Settings) -> str:
    """One line for a failed request: what, where, why, what to do. Contains no header and no secret."""
    # A local protocol error quotes the header that could not be sent.
    quotable = not isinstance(error, httpx.LocalProtocolError)
    why = (quotable and one_line(settings.redact(str(error)))) or type(error).__name__
    proxy = proxy_for(url)
    if isinstance(error, httpx.ProxyError):
        remedy = (
            "put user and password into that URL"
            if why.startswith("407")
            else "check its rules, or set NO_PROXY"
        )
        return f"{what} at {url} cannot be reached: the proxy {proxy} answered {why}; {remedy}"
    address = f"check the address (from {settings.address_source(url)})"
    place = f"{what} at {url}" + (f", through the proxy {proxy}," if proxy else "")
    if isinstance(error, httpx.ConnectError) and "certificate" in why.lower():
        return (
            f"{place} shows a certificate that is not trusted: {why}; if a private authority issued it, set "
            "wallaroo:caBundle (WALLAROO_CA_BUNDLE)"
        )
    if isinstance(error, httpx.TimeoutException):
        return (
            f"{place} did not answer in time ({why}); {address}, or raise wallaroo:timeout (WALLAROO_TIMEOUT)"
        )
    if isinstance(error, httpx.DecodingError):
        return f"{place} gave a reply that cannot be read: {why}; {address}, or try again"
    return f"{place} cannot be reached: {why}; {address} and that the instance is up"


_system_trust = functools.cache(ssl.create_default_context)
"""The system's certificate authorities, which take 40 ms to read: shared by the clients of a process."""


def _trust(settings: Settings, *, encrypted: bool) -> ssl.SSLContext:
    """The certificate authorities: the system's, and those of caBundle; none if no address is ``encrypted``."""
    if not settings.ca_bundle:
        return _system_trust() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=settings.ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"configuration: wallaroo:caBundle (WALLAROO_CA_BUNDLE) {settings.origins['caBundle']} is not a "
            f"readable PEM file: {settings.ca_bundle!r}: {one_line(str(error))}"
        ) from None
    return context


def _network(context: ssl.SSLContext, proxy: Proxy | None = None) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(verify=context)
    pool: dict[str, Any] = {
        "ssl_context": context,
        "max_connections": _MOST_CONNECTIONS,
        "keepalive_expiry": 30.0,
        "network_backend": _BoundedBackend(),
    }
    # httpx has no parameter for httpcore's public `network_backend`, hence the private attribute; the tests of slow
    # replies fail when it stops working.
    if proxy is None:
        transport._pool = httpcore.ConnectionPool(**pool)
    else:
        transport._pool = httpcore.HTTPProxy(
            proxy.url,
            proxy_auth=proxy.credentials and (proxy.credentials[0].encode(), proxy.credentials[1].encode()),
            proxy_ssl_context=context if proxy.url.startswith("https:") else None,
            **pool,
        )
    return transport


class _WholeReplies(httpx.BaseTransport):
    """Reads a reply to its end, below the retries, so that one which breaks off is retried like any other failure.

    The timeout of a request bounds the whole of it: httpx bounds each read only, and a server that sends a byte now
    and then would block a thread forever.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _deadline.set(request.extensions.get("timeout", {}).get("read"))
        try:
            response = self._sent(request)
            if not isinstance(response.stream, httpx.SyncByteStream):
                raise TypeError("a transport for synchronous clients is needed")
            try:
                content = _joined(response.stream, request)
            finally:
                response.close()
        finally:
            _deadline.set(None)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(content),
            extensions=response.extensions,
            request=request,
        )

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._inner.handle_request(request)
        except httpx.ProxyError as error:
            # The proxy could not reach the host for now: like any connection that fails, so retried.
            if str(error)[:3] in ("502", "503", "504"):
                raise httpx.ConnectError(f"the proxy answered {error}", request=request) from None
            raise

    def close(self) -> None:
        self._inner.close()


def _joined(parts: Iterable[bytes], request: httpx.Request) -> bytes:
    content, size = [], 0
    for part in parts:
        content.append(part)
        size += len(part)
        if size > _LARGEST_REPLY:
            raise httpx.DecodingError(f"it is longer than {_LARGEST_REPLY >> 20} MiB", request=request)
    return b"".join(content)


class _Deadline(threading.local):
    """When the request that this thread is at must be done."""

    _end: float | None = None

    def set(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def bound(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """``timeout``, or less when the deadline is nearer. Raises ``error`` when it is over."""
        if self._end is None:
            return timeout
        left = self._end - time.monotonic()
        if left <= 0:
            raise error("timed out")
        return left if timeout is None else min(left, timeout)


_deadline = _Deadline()


class _BoundedBackend(httpcore.SyncBackend):
    """The network, within the deadline of the request."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _deadline.bound(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _BoundedStream(httpcore.NetworkStream):
    """A connection within the deadline. A small request leaves as a whole, not head and body one after the other."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._held = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with contextlib.suppress(
            httpcore.WriteError
        ):  # as httpcore does: the server may have answered all the same
            self._send(timeout)
        return self._inner.read(max_bytes, _deadline.bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held += buffer
        if len(self._held) >= _ONE_PACKET:
            self._send(timeout)

    def _send(self, timeout: float | None) -> None:
        held, self._held = self._held, b""
        if held:
            self._inner.write(held, _deadline.bound(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _deadline.bound(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
