"""The resolved configuration, and where each of its values came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..redaction import redact


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
        return provenance(self.origins, keys, ignored)

    def address_source(self, url: str) -> str:
        """Return where the API's or Keycloak's address came from, such as ``config wallaroo:domain``."""
        own = "apiUrl" if url == self.api_url else "keycloakUrl"
        given = (self.origins.get(key) for key in (own, "domain", "suffix", "apiUrl"))
        return next((origin.source for origin in given if origin and origin.given), "the settings")

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


def provenance(origins: Mapping[str, Origin], keys: Iterable[str], ignored: Iterable[Ignored]) -> str:
    """``given: …; ignored: …``, redacted."""
    given = "given: " + (", ".join(f"{key}={origins[key]}" for key in keys if key in origins) or "nothing")
    left = "; ".join(map(str, ignored))
    return f"{given}; ignored: {left}" if left else given
