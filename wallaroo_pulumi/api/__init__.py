"""The MLOps API of a Wallaroo instance: ``Client(settings).<domain>.<call>``. Independent of Pulumi."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .first_use import on_first_use

if TYPE_CHECKING:
    import httpx

    from ..auth.source import Account
    from ..config import Settings
    from .assays import Assays
    from .connections import Connections
    from .graphql import GraphQL
    from .models import Models
    from .orchestrations import Orchestrations
    from .pipelines import Pipelines
    from .publishes import Publishes
    from .registries import Registries
    from .tags import Tags
    from .tasks import Tasks
    from .users import Users
    from .workspaces import Workspaces


class Client:
    """A client for one configuration, shared by all threads of a process.

    A domain is imported and made when it is first used: a run needs few of them. ``transport`` replaces the network in
    tests.
    """

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        # httpx imports its command line too, with click and rich, if they are installed: three quarters of its time.
        sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
        # Imported here: a run without changes sends no requests and need not load HTTP.
        from ..auth import token_source
        from ..http import open_client
        from .transport import Transport

        self.url = settings.api_url
        """The address of the instance, without ``/v1/api``."""
        self._graphql_enabled = settings.graphql == "auto"
        self._http = open_client(settings, transport=transport)
        self._transport = Transport(settings, token_source(settings, self._http), self._http)

    @on_first_use
    def workspaces(self) -> Workspaces:
        from .workspaces import Workspaces

        return Workspaces(self._transport)

    @on_first_use
    def users(self) -> Users:
        from .users import Users

        return Users(self._transport)

    @on_first_use
    def models(self) -> Models:
        from .models import Models

        return Models(self._transport, self.workspaces.forget)

    @on_first_use
    def pipelines(self) -> Pipelines:
        from .pipelines import Pipelines

        return Pipelines(self._transport, self.workspaces.forget)

    @on_first_use
    def connections(self) -> Connections:
        from .connections import Connections

        return Connections(self._transport)

    @on_first_use
    def registries(self) -> Registries:
        from .registries import Registries

        return Registries(self._transport)

    @on_first_use
    def publishes(self) -> Publishes:
        from .publishes import Publishes

        return Publishes(self._transport)

    @on_first_use
    def assays(self) -> Assays:
        from .assays import Assays

        return Assays(self._transport)

    @on_first_use
    def orchestrations(self) -> Orchestrations:
        from .orchestrations import Orchestrations

        return Orchestrations(self._transport)

    @on_first_use
    def tasks(self) -> Tasks:
        from .tasks import Tasks

        return Tasks(self._transport)

    @on_first_use
    def graphql(self) -> GraphQL:
        from .graphql import GraphQL

        return GraphQL(self._transport, enabled=self._graphql_enabled)

    @on_first_use
    def tags(self) -> Tags:
        from .tags import Tags

        return Tags(self.graphql)

    @property
    def caller_id(self) -> str | None:
        """Return the id of the authenticated user, or None if the token does not contain it.

        Raises AuthError.
        """
        return self._transport.account.id

    def caller(self) -> str:
        """Return the authenticated user's address, login name, or else id, for messages.

        Raises WallarooError.
        """
        id = self.caller_id
        user = self.users.find(id) if id else None
        return (user and (user.email or user.username)) or id or "this user"

    @property
    def account(self) -> Account:
        """Return the authenticated account, as far as the token identifies it. Raises AuthError."""
        return self._transport.account

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()


__all__ = ["Client"]
