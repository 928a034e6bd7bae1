"""The control plane, `/__emulator__/…`: changes to the instance that bypass its API.

Web pages must not reach it, so requests with another site's `Origin`, or sent to a host name that is not loopback (DNS
rebinding), are refused.
"""

import ipaddress
import json
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import Discriminator, Field, Tag

from .. import readiness
from ..errors import ApiError
from ..identity import accounts, token_endpoint, workspaces
from ..identity.keys import OwnKeysDep
from ..readiness import Readiness
from ..services import Db, SettingsDep, TrafficDep
from ..settings import Settings
from ..state import State
from ..traffic import CONTROL_PREFIX, Fault, FaultKind, RateLimit
from ..wire import Empty, Id, Wire
from . import objects, seed
from .body import Body
from .objects import Change, Selection
from .seed import Seeded
from .seed_format import DEFAULT, Seed


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


async def _refuse_web_pages(request: Request) -> None:
    host = request.headers.get("Host", "")
    try:
        hostname = urlsplit(f"//{host}").hostname
    except ValueError:
        hostname = None
    if not _is_loopback(hostname):
        raise ApiError(403, "the control plane answers to loopback host names only")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        raise ApiError(403, "the control plane refuses requests from other origins")


router = APIRouter(
    prefix=CONTROL_PREFIX.rstrip("/"), include_in_schema=False, dependencies=[Depends(_refuse_web_pages)]
)


class Latency(Body):
    """Seconds that every request waits before it is handled."""

    seconds: float = Field(ge=0, allow_inf_nan=False)


class Rate(Body):
    """How many requests are let through in a second; None lifts the limit. The others are answered 429."""

    requests_per_second: int | None = Field(ge=1)


class NewFault(Body):
    """See `traffic.Fault`. `body` is text, sent as HTML unless `headers` say otherwise, or any JSON."""

    path: str = "*"
    count: int = Field(1, ge=1)
    kind: FaultKind = "respond"
    status: int = Field(500, ge=200, le=599)
    headers: dict[str, str] = Field({})
    body: Any = None
    delay: float = Field(0.0, ge=0, allow_inf_nan=False)

    def fault(self) -> Fault:
        body = self.body
        if body is None:
            body = {"msg": "fault asked for through the control plane", "code": self.status}
        is_text = isinstance(body, str)
        headers = {"content-type": "text/html" if is_text else "application/json"}
        return Fault(
            path=self.path,
            count=self.count,
            kind=self.kind,
            status=self.status,
            headers=headers | {name.lower(): value for name, value in self.headers.items()},
            body=(body if is_text else json.dumps(body)).encode(),
            delay=self.delay,
        )


class TokenOrder(Body):
    """Lifetimes (seconds) of all clients' new tokens; end every session; sign with a new key, forget the old ones."""

    access_token_lifetime: int | None = Field(None, ge=0)
    refresh_token_lifetime: int | None = Field(None, ge=0)
    revoke: bool = False
    rotate: bool = False
    forget_keys: bool = False


class Deletion(Body):
    """A workspace or, with an e-mail address or a user id, a membership of it. `Selection` deletes any object."""

    workspace_id: Id
    email: str | None = None
    user_id: str | None = None


def _deletion_form(given: Any) -> str:
    return "object" if isinstance(given, dict) and "kind" in given else "workspace"


AnyDeletion = Annotated[
    Annotated[Deletion, Tag("workspace")] | Annotated[Selection, Tag("object")], Discriminator(_deletion_form)
]


class ReadinessOrder(Readiness, Body):
    """See `readiness.Readiness`."""


class Affected(Wire):
    affected_rows: int


@router.post("/reset")
async def reset(db: Db, traffic: TrafficDep, settings: SettingsDep) -> Empty:
    """Reset: default seed, no faults, no latency, no rate limit, empty log. Only the signing keys stay."""
    db.clear(keep=["signing_keys"])
    apply_default_seed(db, settings)
    traffic.reset()
    return Empty()


@router.post("/snapshot")
async def take_snapshot(db: Db) -> Empty:
    """Remember all objects, sessions and orders of readiness. A later snapshot replaces this one."""
    db.save()
    return Empty()


@router.post("/restore")
async def restore_snapshot(db: Db, traffic: TrafficDep) -> Empty:
    """Bring back the last snapshot, with no faults, no latency, no rate limit and an empty log."""
    if not db.restore():
        raise ApiError(400, "there is no snapshot; send POST /__emulator__/snapshot first")
    traffic.reset()
    return Empty()


@router.post("/seed")
async def add_seed(body: Seed, db: Db) -> Seeded:
    try:
        return seed.apply(db, body)
    except seed.SeedError as error:
        raise ApiError(400, str(error)) from error


@router.post("/latency")
async def set_latency(body: Latency, traffic: TrafficDep) -> Empty:
    traffic.latency = body.seconds
    return Empty()


@router.post("/rate")
async def set_rate(body: Rate, traffic: TrafficDep) -> Empty:
    traffic.limit = RateLimit(body.requests_per_second)
    return Empty()


@router.post("/faults")
async def add_fault(body: NewFault, traffic: TrafficDep) -> Empty:
    traffic.faults.append(body.fault())
    return Empty()


@router.delete("/faults")
async def remove_faults(traffic: TrafficDep) -> Empty:
    traffic.faults.clear()
    return Empty()


@router.get("/requests")
async def read_log(traffic: TrafficDep) -> dict[str, Any]:
    """`{"requests": [...]}`, oldest first; see `traffic.Entry` for the keys."""
    return {"requests": traffic.entries()}


@router.delete("/requests")
async def clear_log(traffic: TrafficDep) -> Empty:
    traffic.log.clear()
    return Empty()


@router.get("/objects")
async def count_objects(db: Db) -> dict[str, int]:
    """Return the number of rows of each table."""
    return db.counts()


@router.get("/contents")
async def show_contents(db: Db) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table that describes the instance, for tests of lost and duplicate objects."""
    return db.rows(without=("signing_keys", "sessions", "clients", "readiness", "work", "sqlite_sequence"))


@router.post("/tokens")
async def change_tokens(body: TokenOrder, db: Db, keys: OwnKeysDep) -> Empty:
    accounts.set_lifetimes(db, access=body.access_token_lifetime, refresh=body.refresh_token_lifetime)
    if body.revoke:
        token_endpoint.end_all_sessions(db)
    if body.rotate or body.forget_keys:
        keys.rotate(forget_old=body.forget_keys)
    return Empty()


@router.post("/readiness")
async def set_readiness(body: ReadinessOrder, db: Db) -> Empty:
    return readiness.configure(db, body)


@router.post("/change")
async def change(body: Change, db: Db) -> Affected:
    """Write columns of objects, past all rules of the API: names, addresses, times, digests."""
    return Affected(affected_rows=objects.change(db, body))


@router.post("/recreate")
async def recreate(body: Selection, db: Db) -> Affected:
    """Replace objects by new, empty ones with the same names and integer ids."""
    return Affected(affected_rows=objects.recreate(db, body))


@router.post("/delete")
async def delete(body: AnyDeletion, db: Db) -> Affected:
    """Delete objects, as another user might (drift)."""
    if isinstance(body, Selection):
        return Affected(affected_rows=objects.delete(db, body))
    if body.user_id is None and body.email is None:
        return Affected(affected_rows=workspaces.remove_workspace(db, body.workspace_id))
    user_id = body.user_id
    if user_id is None and (user := accounts.user_by_email(db, body.email or "")):
        user_id = user.id
    return Affected(affected_rows=workspaces.remove_member(db, body.workspace_id, user_id or ""))


def apply_default_seed(db: State, settings: Settings) -> None:
    """Return the default seed with the lifetimes of the settings."""
    seed.apply(db, DEFAULT)
    accounts.set_lifetimes(db, access=settings.access_token_lifetime, refresh=settings.refresh_token_lifetime)
