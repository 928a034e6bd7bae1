"""The configuration: one table, used by programs, the dynamic host, the commands and the tests alike.

A value comes from Pulumi configuration ``wallaroo:<key>``, else from the environment, else it is the default.
Two groups of settings belong together: the instance's addresses, and the credentials. Once the stack configuration
names an instance or an account, variables that could redirect it to another one are ignored (:func:`_closed_keys`).

This module is imported by every program, so it stays light: standard library only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigError, one_line
from .redaction import REDACTED, redact, redact_url

PROJECT_FILES: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
AUTH_METHODS: Final = ("token", "password", "client_credentials", "sdk")
GRAPHQL_MODES: Final = ("auto", "off")


def _text(text: str) -> str:
    if any(
        0xD800 <= ord(c) <= 0xDFFF for c in text
    ):  # how Python shows bytes of the environment that are no UTF-8
        raise ValueError("must be UTF-8")
    return text


def _token(text: str) -> str:
    token = text.strip().removeprefix("Bearer ").strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("must be one word of printable ASCII characters, as in an HTTP header")
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


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def project_folder() -> Path | None:
    """Return the folder of the Pulumi project that contains the working directory, or None."""
    here = Path.cwd()
    return next(
        (f for f in (here, *here.parents) if any((f / name).is_file() for name in PROJECT_FILES)), None
    )


def _file(text: str) -> str:
    """An absolute path. A relative one starts at the project's folder: each process has its own working directory."""
    try:
        return str((project_folder() or Path.cwd()) / Path(_text(text)).expanduser())
    except RuntimeError:
        raise ValueError("names a home folder that does not exist") from None


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


Group = Literal["an address", "credentials"]


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
    group: Group | None = None
    """The settings that it belongs together with."""
    secret: bool = False
    verbatim: bool = False
    """Whether leading and trailing blanks are part of the value."""
    url: bool = False
    """Whether users may have put a password into it."""
    description: str = field(kw_only=True)

    def redacted(self, value: object) -> str:
        """Return the value as messages show it: without secrets, even those in a URL."""
        if self.secret:
            return REDACTED
        return one_line(repr(redact_url(value) if self.url and isinstance(value, str) else value))

    def given(self, text: str | None) -> str | None:
        """Return the text as it is parsed, or None when it is empty, which counts as not given."""
        return (text if self.verbatim or text is None else text.strip()) or None


TABLE: Final = (
    Setting(
        "domain",
        ("WALLAROO_DOMAIN",),
        "domain",
        _host,
        group="an address",
        url=True,
        description="The instance's domain: API and Keycloak are both at `https://<domain>`.",
    ),
    Setting(
        "prefix",
        ("WALLAROO_PREFIX",),
        "prefix",
        lambda text: _host(text.rstrip(".")),
        group="an address",
        url=True,
        description="The prefix of the instance's host names: the API is at `https://<prefix>.api.<suffix>`.",
    ),
    Setting(
        "suffix",
        ("WALLAROO_SUFFIX",),
        "suffix",
        lambda text: _host(text.lstrip(".")),
        group="an address",
        url=True,
        description="The suffix of the instance's host names: the API is at `https://api.<suffix>`.",
    ),
    Setting(
        "apiUrl",
        ("WALLAROO_API_URL", "WALLAROO_URL"),
        "api_url",
        _base_url("/v1/api", "/v1/api/docs", "/v1/api"),
        group="an address",
        url=True,
        description="The base URL of the API, without `/v1/api`. Overrides domain, prefix and suffix.",
    ),
    Setting(
        "keycloakUrl",
        ("WALLAROO_KEYCLOAK_URL",),
        "keycloak_url",
        _base_url("/auth", "/auth"),
        group="an address",
        url=True,
        description="The base URL of Keycloak, without `/auth`. Derived from the API's address by default.",
    ),
    Setting(
        "realm",
        ("WALLAROO_REALM",),
        "realm",
        default="master",
        group="an address",
        description="The Keycloak realm, `master` by default.",
    ),
    Setting(
        "clientId",
        ("WALLAROO_CLIENT_ID",),
        "client_id",
        default="api-client",
        group="credentials",
        description="The OAuth client, `api-client` by default.",
    ),
    Setting(
        "clientSecret",
        ("WALLAROO_CLIENT_SECRET",),
        "client_secret",
        group="credentials",
        secret=True,
        verbatim=True,
        description="The client's secret; not set for a public client.",
    ),
    Setting("username", ("WALLAROO_USER",), "username", group="credentials", description="The user's name."),
    Setting(
        "password",
        ("WALLAROO_PASSWORD",),
        "password",
        group="credentials",
        secret=True,
        verbatim=True,
        description="The user's password.",
    ),
    Setting(
        "token",
        ("WALLAROO_TOKEN",),
        "token",
        _token,
        group="credentials",
        secret=True,
        description="A bearer token that was obtained elsewhere, used as it is.",
    ),
    Setting(
        "auth",
        ("WALLAROO_AUTH",),
        "auth",
        _one_of(AUTH_METHODS),
        group="credentials",
        description="How to log in: `token`, `password`, `client_credentials` or `sdk`. By default the first of "
        "the first three that the settings allow.",
    ),
    Setting(
        "caBundle",
        ("WALLAROO_CA_BUNDLE",),
        "ca_bundle",
        _file,
        description="A PEM file with private certificate authorities. TLS verification is never disabled.",
    ),
    Setting(
        "timeout",
        ("WALLAROO_TIMEOUT",),
        "timeout",
        _number(0.001, whole=False),
        default=30.0,
        description="Seconds for each request, 30 by default.",
    ),
    Setting(
        "maxRetries",
        ("WALLAROO_MAX_RETRIES",),
        "max_retries",
        _number(0, whole=True),
        default=4,
        description="How often a request is repeated, 4 by default.",
    ),
    Setting(
        "allowInsecure",
        ("WALLAROO_ALLOW_INSECURE",),
        "allow_insecure",
        _boolean,
        default=False,
        description="Whether plain `http://` is accepted for addresses other than loopback.",
    ),
    Setting(
        "validate",
        ("WALLAROO_VALIDATE",),
        "validate",
        _boolean,
        default=False,
        description="Whether a preview asks the instance what it would refuse and what would be adopted.",
    ),
    Setting(
        "graphql",
        ("WALLAROO_GRAPHQL",),
        "graphql",
        _one_of(GRAPHQL_MODES),
        default="auto",
        description="Whether to use the GraphQL endpoint for what only it offers: `auto`, the default, if it "
        "answers, or `off`.",
    ),
    Setting(
        "acceptInstance",
        ("WALLAROO_ACCEPT_INSTANCE",),
        "accept_instance",
        description="The identity of an instance that the stack is applied to although its state records another one.",
    ),
)
"""Every setting, in the order in which reports list them."""

BY_KEY: Final = {setting.key: setting for setting in TABLE}
SECRETS: Final = tuple(setting.key for setting in TABLE if setting.secret)


@dataclass(frozen=True)
class Origin:
    """Where a value came from, and the redacted value."""

    source: str
    """``config wallaroo:<key>``, ``environment <NAME>`` or ``default``."""
    value: str

    @property
    def given(self) -> bool:
        return self.source != "default"

    @property
    def from_environment(self) -> bool:
        return self.source.startswith("environment ")

    def __str__(self) -> str:
        return f"{self.value} from {self.source}" if self.given else f"{self.value} by default"


@dataclass(frozen=True)
class Ignored:
    """A variable that is set and not used."""

    variable: str
    key: str
    """The setting that it would be."""
    reason: str

    def __str__(self) -> str:
        return f"{self.variable}, because {self.reason}"


@dataclass(frozen=True)
class Settings:
    """The resolved configuration. Hashable: sessions are keyed by it. Its ``repr`` contains no secret."""

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
    """An absolute path."""
    timeout: float
    """Seconds for each request."""
    max_retries: int
    allow_insecure: bool
    validate: bool
    """Whether previews ask the instance what it would refuse."""
    graphql: str
    """One of GRAPHQL_MODES."""
    accept_instance: str | None
    """The identity of an instance that a stack recorded for another instance may be applied to, after a migration."""
    origins: Mapping[str, Origin] = field(repr=False, compare=False)
    """Where each value came from, by key."""
    ignored: Sequence[Ignored] = field(repr=False, compare=False)
    """The variables that are set and not used."""

    @property
    def account(self) -> str:
        """The account that requests are made by, as messages name it."""
        return {
            "password": f"user {self.username!r}",
            "client_credentials": f"the service account of client {self.client_id!r}",
            "token": "the user of the given token",
            "sdk": "the user of the vendor's SDK",
        }[self.auth]

    def given_credentials(self) -> str:
        """The credentials' settings and their origins, redacted: what an error about them shows."""
        keys = ("auth", "realm", "clientId", "clientSecret", "username", "password", "token")
        ignored = [ignored for ignored in self.ignored if ignored.key in keys]
        return _provenance(self.origins, keys, ignored)

    def redact(self, text: str) -> str:
        """Return ``text``, which a server wrote, without the secrets of these settings."""
        return redact(text, (self.client_secret, self.password, self.token))


@dataclass(frozen=True)
class Holder:
    """What Pulumi takes settings from, as messages name it."""

    name: str
    short: str
    """The beginning of an origin, such as ``config wallaroo:timeout``."""
    prefix: str = ""
    """What comes before a key."""

    @classmethod
    def provider(cls, name: str) -> Holder:
        """Return an explicit provider of a program: ``Provider("eu", …)``."""
        return cls(f"Provider {name!r}", f"Provider {name!r}")


STACK: Final = Holder("the stack configuration", "config", "wallaroo:")


def load(config: Callable[[str], str | None], environ: Mapping[str, str], holder: Holder = STACK) -> Settings:
    """Resolve the settings. ``config("apiUrl")`` gives the setting ``apiUrl`` of ``holder``, or None.

    Raises ConfigError, one line with every problem: key, variable, and the origin of each given value.
    """
    chosen, ignored = _sources(config, environ, holder)
    values, origins, problems = _parsed(chosen)
    api_url, keycloak_url = _urls(values, problems)
    method = _method(values.get("auth"), origins.keys(), problems)
    for url, key in {keycloak_url: "keycloakUrl", api_url: "apiUrl"}.items():
        if url.startswith("http://") and not is_loopback(url) and not values.get("allow_insecure"):
            problems.append(
                f"{_label(key)} {url} is plain http, which is accepted for loopback addresses only; use https, "
                f"or set {_label('allowInsecure')} to true"
            )
    if problems:
        given = _provenance(origins, [setting.key for setting in TABLE], ignored)
        raise ConfigError(f"configuration: {'; '.join(problems)} ({given})")
    resolved: dict[str, Any] = {
        setting.attribute: values.get(setting.attribute, setting.default) for setting in TABLE
    }
    resolved |= {"api_url": api_url, "keycloak_url": keycloak_url, "auth": method}
    for setting in TABLE:
        value = method if setting.key == "auth" else setting.default
        if value is not None:
            origins.setdefault(setting.key, Origin("default", setting.redacted(value)))
    for address in ("domain", "prefix", "suffix"):
        del resolved[address]
    return Settings(origins=origins, ignored=tuple(ignored), **resolved)


def names_instance(config: Callable[[str], str | None]) -> bool:
    """Whether the stack configuration names the instance, so that variables with addresses are ignored."""
    return any(BY_KEY[key].given(config(key)) for key in _ADDRESSES - {"realm"})


def _sources(
    config: Callable[[str], str | None], environ: Mapping[str, str], holder: Holder
) -> tuple[dict[str, tuple[str, str]], list[Ignored]]:
    """The source and text of each given setting, by key; and the variables that are not used."""
    configured = {s.key: text for s in TABLE if (text := s.given(config(s.key)))}
    offered = {
        s.key: variables
        for s in TABLE
        if (variables := {name: text for name in s.variables if (text := s.given(environ.get(name)))})
    }
    closed = _closed_keys(configured, {key: next(iter(texts.values())) for key, texts in offered.items()})
    chosen: dict[str, tuple[str, str]] = {}
    ignored: list[Ignored] = []
    for key, setting in BY_KEY.items():
        variables = offered.get(key, {})
        reason = f"{holder.name} sets {holder.prefix}{key}"
        if key in closed:
            named = ", ".join(f"{holder.prefix}{k}" for k in configured if BY_KEY[k].group == setting.group)
            reason = f"{holder.name} sets {setting.group} ({named})"
        if key in configured:
            chosen[key] = (f"{holder.short} {holder.prefix}{key}", configured[key])
        elif variables and key not in closed:
            first, text = next(iter(variables.items()))
            chosen[key] = (f"environment {first}", text)
            reason = f"{first} is set"
        effective = chosen[key][1] if key in chosen else setting.default
        ignored += [Ignored(name, key, reason) for name, text in variables.items() if text != effective]
    return chosen, ignored


def _closed_keys(configured: Mapping[str, str], offered: Mapping[str, str]) -> set[str]:
    """The keys whose variables are ignored, because they could redirect what the stack configuration names.

    A realm alone names no instance, and ``auth`` alone no account: the environment may complete them. Anything else
    of a group names one, and the environment may then only supply what belongs to it: the password of the configured
    user, and the secret of the client in use. A password or a secret belongs to the user or client that its own source
    names.
    """
    closed: set[str] = set()
    if names_instance(configured.get):
        closed |= _ADDRESSES
    if (configured.keys() & _CREDENTIALS) - {"auth"}:
        closed |= _CREDENTIALS
        user = configured.get("username")
        if user and offered.get("username", user) == user:
            closed -= {"password"}
        client = configured.get("clientId", BY_KEY["clientId"].default)
        if offered.get("clientId", client) == client:
            closed -= {"clientSecret"}
        elif user and configured.get("auth", "password") == "password" and "clientId" not in configured:
            # Whichever client logs the configured user in, the account is the same.
            closed -= set() if "clientSecret" in configured else {"clientId", "clientSecret"}
    return closed


_ADDRESSES: Final = frozenset(setting.key for setting in TABLE if setting.group == "an address")
_CREDENTIALS: Final = frozenset(setting.key for setting in TABLE if setting.group == "credentials")


def _parsed(
    chosen: Mapping[str, tuple[str, str]],
) -> tuple[dict[str, Any], dict[str, Origin], list[str]]:
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    problems: list[str] = []
    for key, (source, text) in chosen.items():
        setting = BY_KEY[key]
        origins[key] = Origin(source, setting.redacted(text))
        try:
            values[setting.attribute] = setting.parse(text)
        except ValueError as error:
            problems.append(f"{_label(key)} {error}, not {origins[key].value}")
    return values, origins, problems


def _urls(values: Mapping[str, Any], problems: list[str]) -> tuple[str, str]:
    """The API's and Keycloak's base."""
    prefix, suffix, domain = values.get("prefix"), values.get("suffix"), values.get("domain")
    api_url: str | None = values.get("api_url")
    keycloak_url: str | None = values.get("keycloak_url")
    if not (api_url and keycloak_url):
        if domain and suffix:
            problems.append(f"{_label('domain')} and {_label('suffix')} are two forms of the same: give one")
        elif prefix and not suffix:
            problems.append(f"{_label('prefix')} goes together with {_label('suffix')}, which is missing")
    if domain:
        derived = (f"https://{domain}", f"https://{domain}")
    elif suffix:
        dotted = f"{prefix}." if prefix else ""
        derived = (f"https://{dotted}api.{suffix}", f"https://{dotted}keycloak.{suffix}")
        if not all(map(_address, derived)):
            problems.append(f"{_label('prefix')} and {_label('suffix')} make no host name: {derived[0]}")
    elif api_url:
        derived = (api_url, api_url)
    else:
        if not problems:
            problems.append(
                f"no instance is named: set {_label('domain')}, or {_label('suffix')}, or {_label('apiUrl')}"
            )
        derived = ("", "")
    return api_url or derived[0], keycloak_url or derived[1]


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
            problems.append(f"auth {asked!r} needs {' and '.join(_label(key) for key in missing)}")
        return asked
    if "auth" in given:
        return ""  # an unknown method, which is reported already
    half = {"username", "password"} - given
    if len(half) == 1 and "token" not in given:
        # Not the client's own account instead: the given half shows that a user's rights are meant.
        problems.append(f"{_label(half.pop())} is missing: a user name and a password go together")
        return ""
    method = next((method for method, keys in _NEEDS.items() if keys and given >= set(keys)), "")
    if not method:
        problems.append(
            f"no credentials are given: set {_label('username')} and {_label('password')}, or "
            f"{_label('token')}, or {_label('clientSecret')} for the client's own account, or "
            f"{_label('auth')} to 'sdk' for the vendor's SDK"
        )
    return method


def _label(key: str) -> str:
    """How messages name a setting."""
    return f"wallaroo:{key} ({' or '.join(BY_KEY[key].variables)})"


def _provenance(origins: Mapping[str, Origin], keys: Iterable[str], ignored: Iterable[Ignored]) -> str:
    """``given: …; ignored: …``, redacted."""
    given = "given: " + (", ".join(f"{key}={origins[key]}" for key in keys if key in origins) or "nothing")
    left = "; ".join(map(str, ignored))
    return f"{given}; ignored: {left}" if left else given


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
