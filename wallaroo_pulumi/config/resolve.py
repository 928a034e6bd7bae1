"""From configuration and environment to Settings.

Two groups of settings belong together: the instance's addresses, and the credentials. Once the stack configuration
names an instance or an account, variables that could redirect it to another one are ignored (:func:`_closed_keys`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any, Final

from ..addresses import address_parts, is_loopback
from ..errors import ConfigError
from .settings import STACK, Holder, Ignored, Origin, Settings, provenance
from .table import BY_KEY, TABLE


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
        given = provenance(origins, [setting.key for setting in TABLE], ignored)
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
        if not all(map(address_parts, derived)):
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
