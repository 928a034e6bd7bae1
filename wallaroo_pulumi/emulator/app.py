"""Assembles the emulator: one state, the routers of all domains, and the traffic control around them.

A new API domain is one file with a `router` and, if it stores something, a `SCHEMA`; both are listed here. The largest
domain, models, has three: routes, wire (request and response bodies) and store (tables).
"""

import time
from collections.abc import Callable

from fastapi_offline import FastAPIOffline

from . import errors, instance, readiness
from .automation import assays, legacy_assays, orchestrations, tasks
from .control import routes as control
from .data import connections
from .graphql import endpoint as graphql
from .identity import accounts, keycloak_admin, keys, token_endpoint, users, workspaces
from .identity.keys import KeycloakKeys, OwnKeys
from .models import registries
from .models import routes as models
from .models import store as models_store
from .serving import deployments, pipelines, publishes
from .settings import Settings
from .state import State
from .traffic import Traffic

# A table comes after those it refers to.
SCHEMA = "".join(
    part.SCHEMA
    for part in (
        keys,
        accounts,
        token_endpoint,
        readiness,
        workspaces,
        models_store,
        pipelines,
        deployments,
        publishes,
        connections,
        registries,
        orchestrations,
        tasks,
        assays,
        legacy_assays,
        graphql,
    )
)
ROUTERS = [
    part.router
    for part in (
        token_endpoint,
        keycloak_admin,
        workspaces,
        users,
        instance,
        models,
        pipelines,
        deployments,
        publishes,
        connections,
        registries,
        orchestrations,
        tasks,
        assays,
        legacy_assays,
        graphql,
        control,
    )
]


def open_state(settings: Settings, clock: Callable[[], float] = time.time) -> State:
    """The state that the settings name, seeded when it is new. Raises StateError."""
    db = State(SCHEMA, settings.state_file, clock)
    if db.row("SELECT 1 FROM clients") is None:
        control.apply_default_seed(db, settings)
    else:
        accounts.set_lifetimes(
            db, access=settings.access_token_lifetime, refresh=settings.refresh_token_lifetime
        )
    return db


def create_app(settings: Settings, db: State) -> Traffic:
    """The emulator as an ASGI application, to be served without anything around it."""
    app = FastAPIOffline(
        title="Wallaroo MLOps API (emulator)",
        description="A local imitation for development and tests; docs/emulator.md says what is left out.",
        version="1",
        docs_url="/v1/api/docs",
        redoc_url=None,
        openapi_url="/v1/api/openapi.json",
        static_url="/v1/api/docs-assets",
        swagger_ui_oauth2_redirect_url="/v1/api/docs-assets/oauth2-redirect",
        swagger_ui_parameters={"validatorUrl": None},
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    traffic = Traffic(app, db.clock)
    app.state.db = db
    app.state.settings = settings
    app.state.own_keys = OwnKeys(db)
    app.state.keycloak_keys = KeycloakKeys(settings.keycloak_url) if settings.keycloak_url else None
    app.state.traffic = traffic
    return traffic
