"""What every handler may ask for: the state, the settings and the caller. FastAPI hands them in."""

from typing import Annotated

from fastapi import Depends, Request

from .keys import KeycloakKeys, OwnKeys
from .settings import Settings
from .state import State
from .traffic import Traffic


async def state(request: Request) -> State:
    found: State = request.app.state.db
    return found


async def settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def own_keys(request: Request) -> OwnKeys:
    found: OwnKeys = request.app.state.own_keys
    return found


async def keycloak_keys(request: Request) -> KeycloakKeys | None:
    found: KeycloakKeys | None = request.app.state.keycloak_keys
    return found


async def traffic(request: Request) -> Traffic:
    found: Traffic = request.app.state.traffic
    return found


Db = Annotated[State, Depends(state)]
SettingsDep = Annotated[Settings, Depends(settings)]
