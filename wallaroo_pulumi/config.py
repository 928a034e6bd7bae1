"""The configuration: one table, used by programs, the dynamic host, the commands and the tests alike.

A value comes from Pulumi configuration ``wallaroo:<key>``, else from the environment, else it is the default.
This module is imported by every program, so it stays light: standard library only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigError, one_line, starred

AUTH_METHODS: Final = ("token", "password", "client_credentials", "sdk")


def _text(text: str) -> str:
    if any(
        0xD800 <= ord(c) <= 0xDFFF for c in text
    ):  # how Python shows bytes of the environment that are no UTF-8
        raise ValueError("must be UTF-8")
    return text


def _token(text: str) -> str:
    token = text.removeprefix("Bearer ").strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("must be one word of ASCII letters, digits and signs, as it stands in a header")
    return token


def _number(least: float, whole: bool) -> Callable[[str], Any]:
    def parse(text: str) -> float | int:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = least - 1
        if not least <= value < 1e6:
            raise ValueError(f"must be a {'whole number' if whole else 'number'} of at least {least:g}")
        return value

    return parse


def _boolean(text: str) -> bool:
    try:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _auth_method(text: str) -> str:
    if text not in AUTH_METHODS:
        raise ValueError(f"must be one of {', '.join(AUTH_METHODS)}")
    return text


def _host(text: str) -> str:
    """A host name with an optional port; ``https://`` or a trailing slash that was pasted along is taken off."""
    host = text.removeprefix("https://").rstrip("/")
    if not _address(f"https://{host}", path=False):
        raise ValueError("must be a host name, such as wallaroo.example.com")
    return host


def _base_url(below: str, *endings: str) -> Callable[[str], str]:
    """A base URL. The ``endings`` may be pasted along; a path that has ``below`` in it is no base."""

    def parse(text: str) -> str:
        url = text.rstrip("/")
        for ending in endings:
            url = url.removesuffix(ending).rstrip("/")
        parts = _address(url)
        if parts is None:
            raise ValueError(
                "must be a URL such as https://wallaroo.example.com, without user, query or fragment"
            )
        if f"{below}/" in f"{parts.path}/":
            raise ValueError(f"must end before {below}")
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    return parse


_ADDRESS = re.compile(
    r"https?://(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?(/[\w./~%:@!$&'()*+,;=-]*)?", re.ASCII | re.IGNORECASE
)


def _address(url: str, *, path: bool = True) -> SplitResult | None:
    """The parts of an http address that a connection can be made to; None for anything else."""
    if not _ADDRESS.fullmatch(url):  # urlsplit accepts much, and leaves out what it does not like
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if ":" in host:
            ipaddress.IPv6Address(host)
        host.encode("idna")  # labels that are empty or too long
        good = parts.port != 0 and (path or not parts.path)
    except ValueError:
        return None
    return parts if good else None


@dataclass(frozen=True)
class Setting:
    """A row of the table."""

    key: str
    """The name after ``wallaroo:`` in Pulumi configuration."""
    variables: tuple[str, ...]
    """Environment variables, the first that is set wins."""
    attribute: str
    """The field of Settings."""
    parse: Callable[[str], Any] = _text
    """Turns the given text into the value; its ValueError says what the text must be."""
    default: str | float | None = None
    secret: bool = False
    address: bool = False
    """Whether somebody may have put a password into it."""

    def shown(self, value: object) -> str:
        """The value as errors and reports show it: no secret, not even one that was put where none belongs."""
        if self.secret:
            return "***"
        if self.address and isinstance(value, str):
            value = re.sub(r"(?s)^(\w+://)?.*@", r"\1***@", value)
            value = re.sub(r"(?s)[?#].*", "?***", value)
        return one_line(repr(value))


TABLE: Final = (
    Setting("domain", ("WALLAROO_DOMAIN",), "domain", _host, address=True),
    Setting("prefix", ("WALLAROO_PREFIX",), "prefix", lambda text: _host(text.rstrip(".")), address=True),
    Setting("suffix", ("WALLAROO_SUFFIX",), "suffix", lambda text: _host(text.lstrip(".")), address=True),
    Setting(
        "apiUrl",
        ("WALLAROO_API_URL", "WALLAROO_URL"),
        "api_url",
        _base_url("/v1/api", "/v1/api/docs", "/v1/api"),
        address=True,
    ),
    Setting(
        "keycloakUrl", ("WALLAROO_KEYCLOAK_URL",), "keycloak_url", _base_url("/auth", "/auth"), address=True
    ),
    Setting("realm", ("WALLAROO_REALM",), "realm", default="master"),
    Setting("clientId", ("WALLAROO_CLIENT_ID",), "client_id", default="api-client"),
    Setting("clientSecret", ("WALLAROO_CLIENT_SECRET",), "client_secret", secret=True),
    Setting("username", ("WALLAROO_USER",), "username"),
    Setting("password", ("WALLAROO_PASSWORD",), "password", secret=True),
    Setting("token", ("WALLAROO_TOKEN",), "token", _token, secret=True),
    Setting("auth", ("WALLAROO_AUTH",), "auth", _auth_method),
    Setting("caBundle", ("WALLAROO_CA_BUNDLE",), "ca_bundle"),
    Setting("timeout", ("WALLAROO_TIMEOUT",), "timeout", _number(0.001, whole=False), default=30.0),
    Setting("maxRetries", ("WALLAROO_MAX_RETRIES",), "max_retries", _number(0, whole=True), default=4),
    Setting("allowInsecure", ("WALLAROO_ALLOW_INSECURE",), "allow_insecure", _boolean, default=False),
    Setting("validate", ("WALLAROO_VALIDATE",), "validate", _boolean, default=False),
)
"""Every setting, in the order in which they are told."""

SECRETS: Final = tuple(setting.key for setting in TABLE if setting.secret)


@dataclass(frozen=True)
class Origin:
    """Where a value came from, and the value as it may be shown (secrets starred)."""

    source: str
    """``config wallaroo:<key>``, ``environment <NAME>`` or ``default``."""
    shown: str

    @property
    def given(self) -> bool:
        return self.source != "default"

    def __str__(self) -> str:
        return f"{self.shown} from {self.source}" if self.given else f"{self.shown} by default"


@dataclass(frozen=True)
class Settings:
    """The resolved configuration. Hashable: sessions are keyed by it. Its ``repr`` holds no secret."""

    api_url: str
    """The API's base, without ``/v1/api`` and without a trailing slash."""
    keycloak_url: str
    """Keycloak's base, without ``/auth``."""
    auth: str
    """One of AUTH_METHODS."""
    realm: str
    client_id: str
    client_secret: str | None = field(repr=False)
    username: str | None
    password: str | None = field(repr=False)
    token: str | None = field(repr=False)
    ca_bundle: str | None
    timeout: float
    """Seconds for each request."""
    max_retries: int
    allow_insecure: bool
    validate: bool
    """Whether previews ask the instance what it would refuse."""
    origins: Mapping[str, Origin] = field(repr=False, compare=False)
    """Where each value came from, by key."""

    def credentials_told(self) -> str:
        """The credentials' settings and their origins, secrets starred: what an error about them shows."""
        return _told(
            self.origins, ("auth", "realm", "clientId", "clientSecret", "username", "password", "token")
        )

    def censored(self, text: str) -> str:
        """``text``, which somebody else wrote, without the secrets of these settings."""
        return starred(text, (self.client_secret, self.password, self.token))


def load(config: Callable[[str], str | None], environ: Mapping[str, str]) -> Settings:
    """Resolve the settings. ``config("apiUrl")`` gives Pulumi's ``wallaroo:apiUrl``, or None.

    Raises ConfigError, one line with every problem: key, variable, and the origin of each given value.
    """
    values, origins, problems = _given(config, environ)
    api_url, keycloak_url = _urls(values, problems)
    method = _method(values.get("auth"), origins.keys(), problems)
    for url, key in {keycloak_url: "keycloakUrl", api_url: "apiUrl"}.items():
        if url.startswith("http://") and not _is_loopback(url) and not values.get("allow_insecure"):
            problems.append(
                f"{_named(key)} {url} is plain http, which is accepted for loopback addresses only; use https, or "
                f"set {_named('allowInsecure')} to true"
            )
    if problems:
        told = _told(origins, [setting.key for setting in TABLE if setting.key in origins])
        raise ConfigError(f"configuration: {'; '.join(problems)} (given: {told or 'nothing'})")
    resolved: dict[str, Any] = {
        setting.attribute: values.get(setting.attribute, setting.default) for setting in TABLE
    }
    resolved |= {"api_url": api_url, "keycloak_url": keycloak_url, "auth": method}
    for setting in TABLE:
        value = method if setting.key == "auth" else setting.default
        if value is not None:
            origins.setdefault(setting.key, Origin("default", setting.shown(value)))
    for address in ("domain", "prefix", "suffix"):
        del resolved[address]
    return Settings(origins=origins, **resolved)


def _given(
    config: Callable[[str], str | None], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Origin], list[str]]:
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    problems: list[str] = []
    named = any((config(key) or "").strip() for key in _NAMING)
    for setting in TABLE:
        sources = [(f"config wallaroo:{setting.key}", config(setting.key))]
        if not (named and setting.key in _ADDRESSES):
            sources += [(f"environment {name}", environ.get(name)) for name in setting.variables]
        for source, text in sources:
            if text is not None and (stripped := text.strip()):
                origin = origins[setting.key] = Origin(source, setting.shown(stripped))
                try:
                    values[setting.attribute] = setting.parse(stripped)
                except ValueError as error:
                    problems.append(f"{_named(setting.key)} {error}, not {origin.shown}")
                break
    return values, origins, problems


def _urls(values: Mapping[str, Any], problems: list[str]) -> tuple[str, str]:
    """The API's and Keycloak's base."""
    prefix, suffix, domain = values.get("prefix"), values.get("suffix"), values.get("domain")
    api_url: str | None = values.get("api_url")
    keycloak_url: str | None = values.get("keycloak_url")
    if not (api_url and keycloak_url):
        if domain and suffix:
            problems.append(f"{_named('domain')} and {_named('suffix')} are two forms of the same: give one")
        elif prefix and not suffix:
            problems.append(f"{_named('prefix')} goes together with {_named('suffix')}, which is missing")
    if domain:
        derived = (f"https://{domain}", f"https://{domain}")
    elif suffix:
        dotted = f"{prefix}." if prefix else ""
        derived = (f"https://{dotted}api.{suffix}", f"https://{dotted}keycloak.{suffix}")
        if not all(map(_address, derived)):
            problems.append(f"{_named('prefix')} and {_named('suffix')} make no host name: {derived[0]}")
    elif api_url:
        derived = (api_url, api_url)
    else:
        if not problems:
            problems.append(
                f"no instance is named: set {_named('domain')}, or {_named('suffix')}, or {_named('apiUrl')}"
            )
        derived = ("", "")
    return api_url or derived[0], keycloak_url or derived[1]


_NAMING: Final = ("apiUrl", "domain", "suffix")
_ADDRESSES: Final = (*_NAMING, "prefix")
"""What together says where the instance is. Where the configuration names one, nothing of another that the environment
names is mixed in: the API of one and the Keycloak of the other would get each other's credentials."""


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("token",),
    "password": ("username", "password"),
    "client_credentials": ("clientSecret",),
    "sdk": (),
}
"""The keys that each method needs, in the order in which the methods are tried."""


def _method(asked: str | None, given: Set[str], problems: list[str]) -> str:
    """The way to a token: the one ``asked`` for, else the first that the ``given`` keys allow."""
    if asked:
        missing = [key for key in _NEEDS[asked] if key not in given]
        if missing:
            problems.append(f"auth {asked!r} needs {' and '.join(map(_named, missing))}")
        return asked
    if "auth" in given:
        return ""  # it is a wrong word, which is told already
    half = {"username", "password"} - given
    if len(half) == 1 and "token" not in given:
        # Not the client's own account instead: a user's rights are meant.
        problems.append(f"{_named(half.pop())} is missing: a user name and a password go together")
        return ""
    for method, keys in _NEEDS.items():
        if keys and given >= set(keys):
            return method
    problems.append(
        f"no credentials are given: set {_named('username')} and {_named('password')}, or {_named('token')}, or "
        f"{_named('clientSecret')} for the client's own account, or {_named('auth')} to 'sdk' for the vendor's SDK"
    )
    return ""


def _named(key: str) -> str:
    setting = next(setting for setting in TABLE if setting.key == key)
    return f"wallaroo:{key} ({' or '.join(setting.variables)})"


def _told(origins: Mapping[str, Origin], keys: Iterable[str]) -> str:
    return ", ".join(f"{key}={origins[key]}" for key in keys if key in origins)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
