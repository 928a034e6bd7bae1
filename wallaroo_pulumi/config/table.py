"""The table of settings: names, variables, defaults and descriptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..errors import one_line
from ..redaction import REDACTED, redact_url
from . import values

AUTH_METHODS: Final = ("token", "password", "client_credentials", "sdk")
GRAPHQL_MODES: Final = ("auto", "off")

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
    parse: Callable[[str], Any] = values.utf8_text
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
        values.host_name,
        group="an address",
        url=True,
        description="The instance's domain: API and Keycloak are both at `https://<domain>`.",
    ),
    Setting(
        "prefix",
        ("WALLAROO_PREFIX",),
        "prefix",
        lambda text: values.host_name(text.rstrip(".")),
        group="an address",
        url=True,
        description="The prefix of the instance's host names: the API is at `https://<prefix>.api.<suffix>`.",
    ),
    Setting(
        "suffix",
        ("WALLAROO_SUFFIX",),
        "suffix",
        lambda text: values.host_name(text.lstrip(".")),
        group="an address",
        url=True,
        description="The suffix of the instance's host names: the API is at `https://api.<suffix>`.",
    ),
    Setting(
        "apiUrl",
        ("WALLAROO_API_URL", "WALLAROO_URL"),
        "api_url",
        values.base_url("/v1/api", "/v1/api/docs", "/v1/api"),
        group="an address",
        url=True,
        description="The base URL of the API, without `/v1/api`. Overrides domain, prefix and suffix.",
    ),
    Setting(
        "keycloakUrl",
        ("WALLAROO_KEYCLOAK_URL",),
        "keycloak_url",
        values.base_url("/auth", "/auth"),
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
        values.token,
        group="credentials",
        secret=True,
        description="A bearer token that was obtained elsewhere, used as it is.",
    ),
    Setting(
        "auth",
        ("WALLAROO_AUTH",),
        "auth",
        values.one_of(AUTH_METHODS),
        group="credentials",
        description="How to log in: `token`, `password`, `client_credentials` or `sdk`. By default the first of "
        "the first three that the settings allow.",
    ),
    Setting(
        "caBundle",
        ("WALLAROO_CA_BUNDLE",),
        "ca_bundle",
        values.file,
        description="A PEM file with private certificate authorities. TLS verification is never disabled.",
    ),
    Setting(
        "timeout",
        ("WALLAROO_TIMEOUT",),
        "timeout",
        values.number(0.001, whole=False),
        default=30.0,
        description="Seconds for each request, 30 by default.",
    ),
    Setting(
        "maxRetries",
        ("WALLAROO_MAX_RETRIES",),
        "max_retries",
        values.number(0, whole=True),
        default=4,
        description="How often a request is repeated, 4 by default.",
    ),
    Setting(
        "allowInsecure",
        ("WALLAROO_ALLOW_INSECURE",),
        "allow_insecure",
        values.boolean,
        default=False,
        description="Whether plain `http://` is accepted for addresses other than loopback.",
    ),
    Setting(
        "validate",
        ("WALLAROO_VALIDATE",),
        "validate",
        values.boolean,
        default=False,
        description="Whether a preview asks the instance what it would refuse and what would be adopted.",
    ),
    Setting(
        "graphql",
        ("WALLAROO_GRAPHQL",),
        "graphql",
        values.one_of(GRAPHQL_MODES),
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
