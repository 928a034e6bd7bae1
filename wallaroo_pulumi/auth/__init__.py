"""The Keycloak token helper: one bearer token per process, for any number of resources and threads."""

from .bearer import BearerAuth
from .grants import Grants
from .sdk import SdkHeaders
from .source import StaticToken, TokenSource, token_source

__all__ = ["BearerAuth", "Grants", "SdkHeaders", "StaticToken", "TokenSource", "token_source"]
