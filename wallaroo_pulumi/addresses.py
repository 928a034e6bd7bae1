"""HTTP addresses and hosts: which ones a connection can be made to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_ADDRESS = re.compile(
    r"https?://(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?(/[\w./~%:@!$&'()*+,;=-]*)?", re.ASCII | re.IGNORECASE
)
_HOST = re.compile(r"[\w.-]+", re.ASCII)


def address_parts(url: str, *, path: bool = True) -> SplitResult | None:
    """The parts of an http address that a connection can be made to; None for anything else."""
    if not _ADDRESS.fullmatch(url):  # urlsplit accepts much, and leaves out what it does not like
        return None
    try:
        parts = urlsplit(url)
        good = is_host(parts.hostname or "") and parts.port != 0 and (path or not parts.path)
    except ValueError:
        return None
    return parts if good else None


def is_host(host: str) -> bool:
    """Whether a connection can be made to a host of this name, which may be international, or address."""
    try:
        if ":" in host:
            return bool(ipaddress.IPv6Address(host))
        return bool(_HOST.fullmatch(host.encode("idna").decode()))
    except ValueError:  # also labels that are empty or too long
        return False


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
