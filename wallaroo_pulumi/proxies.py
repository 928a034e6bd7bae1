"""The proxy that the environment names for a URL: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``.

Names are also accepted in lower case, which wins, as in curl. Loopback addresses are never proxied.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from .addresses import address_parts, is_loopback
from .errors import ConfigError
from .redaction import redact_url


@dataclass(frozen=True)
class Proxy:
    """A forward proxy."""

    url: str
    """Without user and password."""
    credentials: tuple[str, str] | None = field(repr=False)
    variable: str
    """The variable that names it."""

    def __str__(self) -> str:
        return f"{self.url} from environment {self.variable}"


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """Return the proxy for requests to ``url``, or None. Raises ConfigError when its variable is no proxy's URL.

    ``environ`` is the process's environment unless given.
    """
    environ = os.environ if environ is None else environ
    target = urlsplit(url)
    if is_loopback(url) or _is_exempt(target, _variable("NO_PROXY", environ)[1]):
        return None
    for name in (f"{target.scheme.upper()}_PROXY", "ALL_PROXY"):
        variable, value = _variable(name, environ)
        if value:
            return _parsed(variable, value)
    return None


def _variable(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable's name as it is set, and its value; empty when it is not set."""
    # In a CGI script HTTP_PROXY is the header "Proxy" of a request (httpoxy).
    forged = name == "HTTP_PROXY" and "REQUEST_METHOD" in environ
    for found in (name.lower(),) if forged else (name.lower(), name):
        if found in environ:
            return found, environ[found].strip()
    return name, ""


def _parsed(variable: str, value: str) -> Proxy:
    text = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), None, None
    no_proxy = ConfigError(f"configuration: {variable} is not the URL of a proxy: {redact_url(value)!r}")
    if not host:
        raise no_proxy
    if parts.scheme not in ("http", "https"):
        raise ConfigError(
            f"configuration: {variable} names a {parts.scheme} proxy, which is not supported; set HTTPS_PROXY to an "
            "http:// or https:// proxy, or exempt the instance's hosts by NO_PROXY"
        )
    credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bracketed = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{bracketed}" + ("" if port is None else f":{port}")
    if address_parts(address) is None:
        raise no_proxy
    return Proxy(address, credentials, variable)


def _is_exempt(target: SplitResult, exempt: str) -> bool:
    host, port = target.hostname or "", target.port or {"http": 80, "https": 443}.get(target.scheme)
    return any(_matches(entry, host, port) for entry in re.split(r"[\s,]+", exempt) if entry)


def _matches(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of NO_PROXY covers the host: ``*``, a domain, an address or a network, with a port or not."""
    entry = entry.partition("://")[2] or entry
    if entry == "*":
        return True
    network, address = _network(entry), _network(host)
    if network is None:
        bare, _, only_port = entry.rpartition(":")
        if re.fullmatch("[0-9]+", only_port) and bare:
            if only_port.lstrip("0") != str(port):
                return False
            entry = bare.strip("[]")
            network = _network(entry)
    if network is not None:
        return address is not None and address.version == network.version and address.subnet_of(network)  # type: ignore[arg-type]
    domain = entry.removeprefix("*").lstrip(".").lower().rstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
