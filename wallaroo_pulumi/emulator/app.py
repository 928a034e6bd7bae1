"""The whole emulator: one state, the routers of all domains, and the traffic control around them.

A new API domain is one file with a `router` and, if it stores something, a `SCHEMA`; both are listed here. The largest
domain, models, has three: routes, wire (request and response bodies) and store (tables).
"""

import time
from collections.abc import Callable

from fastapi import FastAPI

from . import errors, instance, readiness
from .automation import assays, baselines, legacy_assays, orchestrations, task_store, tasks
from .control import routes as control
from .data import connections, inference_log
from .description import document, pages
from .graphql import endpoint as graphql
from .graphql import mutations
from .identity import accounts, keycloak_admin, keys, token_endpoint, users, workspaces
from .identity.keys import KeycloakKeys, OwnKeys
from .models import registries
from .models import routes as models
from .models import store as models_store
from .serving import deployments, infer, logs, pipelines, publishes
from .settings import PLATFORM_VERSION, Settings
from .state import State
from .traffic import Traffic

# A table comes after the tables that it refers to.
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
        inference_log,
        publishes,
        connections,
        registries,
        orchestrations,
        task_store,
        assays,
        legacy_assays,
        mutations,
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
        infer,
        logs,
        publishes,
        connections,
        registries,
        orchestrations,
        tasks,
        assays,
        baselines,
        legacy_assays,
        graphql,
        control,
    )
]


def open_state(settings: Settings, clock: Callable[[], float] = time.time) -> State:
    """Open the state that the settings name and seed a new one. Raises StateError."""
    db = State(SCHEMA, settings.state_file, clock)
    if db.row("SELECT 1 FROM clients") is None:
        control.apply_default_seed(db, settings)
    else:
        accounts.set_lifetimes(
            db, access=settings.access_token_lifetime, refresh=settings.refresh_token_lifetime
        )
    return db


def create_app(settings: Settings, db: State) -> Traffic:
    """Return the emulator as an ASGI application."""
    app = FastAPI(
        title="Wallaroo MLOps API (emulator)",
        description="A local imitation for development and tests. docs/emulator.md lists what is left out.",
        version=PLATFORM_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=pages.DOCUMENT,
    )
    errors.install(app)
    document.install(app)
    pages.install(app)
    for router in ROUTERS:
        app.include_router(router)
    traffic = Traffic(app, db.clock)
    app.state.db = db
    app.state.settings = settings
    app.state.own_keys = OwnKeys(db)
    app.state.keycloak_keys = KeycloakKeys(settings.keycloak_url) if settings.keycloak_url else None
    app.state.traffic = traffic
    return traffic
