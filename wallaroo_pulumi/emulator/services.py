"""Dependencies that FastAPI passes to handlers: the state, the settings and the traffic control."""

from typing import Annotated

from fastapi import Depends, Request

from .settings import Settings
from .state import State
from .traffic import Traffic


async def state(request: Request) -> State:
    found: State = request.app.state.db
    return found


async def settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def traffic(request: Request) -> Traffic:
    found: Traffic = request.app.state.traffic
    return found


Db = Annotated[State, Depends(state)]
SettingsDep = Annotated[Settings, Depends(settings)]
TrafficDep = Annotated[Traffic, Depends(traffic)]
