"""Configuration keys and environment variables that look like settings of this package, and are none.

A misspelt setting is otherwise ignored, and the run uses another instance or account than the user meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .config import TABLE, Settings

_NAMESPACE: Final = "wallaroo"
_OTHER_VARIABLES: Final = ("WALLAROO_PULUMI_CACHE", "WALLAROO_TASK_ID", "WALLAROO_DEBUG_HTTPX")
"""Read by this project's tools, or by the vendor's SDK for what is no setting here."""
_KEYCLOAK: Final = (("keycloakUrl",), {"keycloakUrl", "domain", "suffix", "token"})
_OF_THE_SDK: Final = {
    "WALLAROO_SDK_CREDENTIALS": (("username", "password"), {"username", "token"}),
    "WALLAROO_SDK_AUTH_TYPE": (("auth",), {"auth", "username", "token"}),
    "WALLAROO_SDK_AUTH_ENDPOINT": _KEYCLOAK,
    "WALLAROO_AUTH_URL": _KEYCLOAK,
    "WALLAROO_REQUEST_TIMEOUT": (("timeout",), {"timeout"}),
}
"""Variables of the vendor's SDK (2022 to 2026): the settings to use instead, and those that make them superfluous."""
_SIMILAR: Final = 0.6
"""The ratio of difflib from which a name is suggested; its own default."""
_SAME_NAMESPACE: Final = 0.85


@dataclass(frozen=True)
class UnknownSetting:
    """A name that is set and not read."""

    name: str
    """``wallaroo:<key>`` or the variable."""
    keys: Sequence[str]
    """The settings that were probably meant."""
    of_the_sdk: bool = False

    def is_superseded(self, settings: Settings) -> bool:
        """Whether it is a variable of the vendor's SDK, and the SDK or a setting of ours makes it superfluous."""
        given = {key for key, origin in settings.origins.items() if origin.given}
        return self.of_the_sdk and (settings.auth == "sdk" or not given.isdisjoint(_OF_THE_SDK[self.name][1]))

    def __str__(self) -> str:
        if self.of_the_sdk:
            return f"{self.name} is read by the vendor's SDK only; set {_names(self.keys)} instead"
        if self.keys:
            return f"{self.name} is not a setting; did you mean {_names(self.keys)}?"
        return f"{self.name} is not a setting"


def unknown_settings(
    keys: Iterable[str], environ: Iterable[str], *, project: str | None = None
) -> list[UnknownSetting]:
    """Return the unknown ones among the stack's configuration ``keys`` and the names of the environment's variables.

    ``project`` is the Pulumi project's name: when it is also our namespace, its own keys are not reported.
    """
    known = {setting.key for setting in TABLE}
    found = []
    for full in keys:
        namespace, _, key = full.partition(":")
        if namespace == _NAMESPACE and key not in known:
            if meant := _meant(key, _SAME_NAMESPACE if project == _NAMESPACE else _SIMILAR):
                found.append(UnknownSetting(full, meant))
            elif project != _NAMESPACE:
                found.append(UnknownSetting(full, ()))
        elif namespace != _NAMESPACE and key in known and _alike(namespace, _NAMESPACE) >= _SAME_NAMESPACE:
            found.append(UnknownSetting(full, (key,)))
    variables = {name for setting in TABLE for name in setting.variables}.union(_OTHER_VARIABLES)
    for name in environ:
        if name in _OF_THE_SDK:
            found.append(UnknownSetting(name, _OF_THE_SDK[name][0], of_the_sdk=True))
        elif name.upper().startswith("WALLARO") and name not in variables:
            found.append(UnknownSetting(name, _meant(name.partition("_")[2], _SIMILAR)))
    return sorted(found, key=lambda unknown: unknown.name)


def fallback(settings: Settings, unknown: Iterable[UnknownSetting]) -> str | None:
    """Return a warning when the run uses the client's own account although a user seems to be meant, else None."""
    if settings.auth != "client_credentials" or settings.origins["auth"].given:
        return None
    user = {"username", "password"}
    unused = [u.name for u in unknown if user & set(u.keys)]
    unused += [ignored.variable for ignored in settings.ignored if ignored.key in user]
    if not unused:
        return None
    return (
        f"this run uses {settings.account}, and not {' and '.join(unused)}; to keep it so without this warning, set "
        "wallaroo:auth to client_credentials"
    )


def _meant(name: str, cutoff: float) -> tuple[str, ...]:
    """The key of the setting whose key or variable is most like ``name``, if any is."""
    candidates = {_plain(setting.key): setting.key for setting in TABLE}
    for setting in TABLE:
        for variable in setting.variables:
            candidates.setdefault(_plain(variable.partition("_")[2]), setting.key)
    from difflib import get_close_matches  # rarely needed, and programs import this module

    close = get_close_matches(_plain(name), candidates, n=1, cutoff=cutoff)
    return tuple(candidates[match] for match in close)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _alike(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one.lower(), other).ratio()


def _names(keys: Iterable[str]) -> str:
    return " and ".join(
        f"wallaroo:{s.key} ({' or '.join(s.variables)})" for key in keys for s in TABLE if s.key == key
    )
