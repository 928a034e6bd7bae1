"""The MLOps API of a Wallaroo instance: ``Client(settings).<domain>.<call>``. Independent of Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from ..auth.source import Account
    from ..config import Settings


class Client:
    """A client for one configuration, shared by all threads of a process.

    ``transport`` replaces the network in tests.
    """

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        # Imported here: a run without changes sends no requests and need not load HTTP.
        from ..auth import token_source
        from ..http import open_client
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
        from .transport import Transport
        from .users import Users
        from .workspaces import Workspaces

        self.url = settings.api_url
        """The address of the instance, without ``/v1/api``."""
        self._http = open_client(settings, transport=transport)
        self._transport = Transport(settings, token_source(settings, self._http), self._http)
        self.workspaces = Workspaces(self._transport)
        self.users = Users(self._transport)
        self.models = Models(self._transport, self.workspaces.forget)
        self.pipelines = Pipelines(self._transport, self.workspaces.forget)
        self.connections = Connections(self._transport)
        self.registries = Registries(self._transport)
        self.publishes = Publishes(self._transport)
        self.assays = Assays(self._transport)
        self.orchestrations = Orchestrations(self._transport)
        self.tasks = Tasks(self._transport)
        self.graphql = GraphQL(self._transport, enabled=settings.graphql == "auto")
        self.tags = Tags(self.graphql)

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
