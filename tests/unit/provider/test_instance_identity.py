"""Is this the instance that the stack's objects are on? Asked of real answers, by an identity made of accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from emulated import Emulated

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.ownership import Ownership
from wallaroo_pulumi.core.record import StackEntry
from wallaroo_pulumi.emulator import EmulatorServer, Settings
from wallaroo_pulumi.errors import ApiError, ConflictError, InconsistentError
from wallaroo_pulumi.provider.identity import UNKNOWN_INSTANCE, Identity, InstanceMismatch

MARY = {"username": "mary.jane@example.com", "password": "password"}


def ask(
    emulator: Emulated, *recorded: str, accepts: str | None = None, login: dict[str, str] | None = None
) -> str:
    """The identity of the instance, compared with what a state records."""
    settings = load({**emulator.settings, "maxRetries": "0", **(login or {})}.get, {})
    with closing(Client(settings)) as client:
        return Identity(accepts).require(client, recorded)


@pytest.fixture
def another() -> Iterator[Emulated]:
    with EmulatorServer() as server:
        emulated = Emulated(server.url)
        with emulated.http:
            yield emulated


def test_an_identity_is_short_and_names_nobody(emulator: Emulated) -> None:
    identity = ask(emulator)
    assert len(identity) == 32
    assert set(identity) <= set("0123456789abcdef-")


def test_every_user_and_client_computes_the_same(emulator: Emulated) -> None:
    client = {"auth": "client_credentials", "username": "", "password": ""}
    assert ask(emulator) == ask(emulator, login=MARY) == ask(emulator, login=client)


def test_signing_keys_and_later_accounts_do_not_matter(emulator: Emulated) -> None:
    before = ask(emulator)
    emulator.control("tokens", rotate=True, forget_keys=True)
    emulator.control("seed", users=[{"email": f"user-{n}@example.com"} for n in range(5)])
    emulator.control("change", kind="user", where={"email": MARY["username"]}, set={"email": "m@example.com"})
    assert ask(emulator, before) == before


def test_a_restart_at_another_address_does_not_matter(tmp_path: Path) -> None:
    found: list[tuple[str, str]] = []
    for _ in range(2):
        with EmulatorServer(Settings(state_file=tmp_path / "state")) as server:
            emulated = Emulated(server.url)
            with emulated.http:
                found.append((server.url, ask(emulated, *(identity for _, identity in found))))
    assert found[0][0] != found[1][0]
    assert found[0][1] == found[1][1]


def test_an_instance_outlives_the_deletion_of_its_oldest_account(emulator: Emulated) -> None:
    emulator.control("seed", users=[{"email": f"user-{n}@example.com"} for n in range(3)])
    recorded = ask(emulator)
    emulator.control("delete", kind="user", where={"email": MARY["username"]})
    current = ask(emulator, recorded)
    assert current != recorded
    assert set(current.split("-")) & set(recorded.split("-"))


def test_another_instance_is_refused_with_both_sides_named(emulator: Emulated, another: Emulated) -> None:
    recorded = ask(emulator)
    with pytest.raises(InstanceMismatch) as refused:
        ask(another, recorded)
    text = str(refused.value)
    assert "\n" not in text
    for part in (recorded, another.url, ask(another), "wallaroo:acceptInstance", "WALLAROO_ACCEPT_INSTANCE"):
        assert part in text


def test_one_resource_of_another_instance_is_enough(emulator: Emulated, another: Emulated) -> None:
    with pytest.raises(InstanceMismatch):
        ask(emulator, ask(emulator), ask(another))


def test_a_migrated_instance_is_accepted_by_its_new_identity_only(
    emulator: Emulated, another: Emulated
) -> None:
    recorded = ask(emulator)
    accepted = ask(another)
    assert ask(another, recorded, accepts=accepted) == accepted
    with pytest.raises(InstanceMismatch):
        ask(another, recorded, accepts=recorded)


@pytest.mark.parametrize(
    ("recorded", "accepts", "expected"),
    [
        ("a-b-c", None, False),
        ("a-b-c", "b-c-d", False),
        ("a-b-c", "d-e-f", True),
    ],
)
def test_the_state_is_updated_where_it_has_a_replaced_identity(
    recorded: str, accepts: str | None, expected: bool
) -> None:
    assert Identity(accepts).replaces(recorded) is expected


def test_an_instance_that_hides_its_accounts_cannot_be_told_from_others(emulator: Emulated) -> None:
    """Then the marks of the objects decide."""
    recorded = ask(emulator)
    emulator.control("faults", path="*/users/query", status=403, count=1)
    assert ask(emulator, recorded) == UNKNOWN_INSTANCE
    assert ask(emulator, UNKNOWN_INSTANCE) == recorded


@pytest.mark.parametrize(
    ("fault", "expected"),
    [({"status": 200, "body": {"users": {}}}, InconsistentError), ({"status": 400}, ApiError)],
)
def test_no_answer_is_no_match(
    emulator: Emulated, fault: dict[str, object], expected: type[Exception]
) -> None:
    emulator.control("faults", path="*/users/query", **fault)
    with pytest.raises(expected):
        ask(emulator, ask(emulator))


def test_the_accounts_are_asked_for_once_in_a_run(emulator: Emulated) -> None:
    identity = Identity()
    emulator.forget_requests()
    with closing(Client(load(emulator.settings.get, {}))) as client:
        for _ in range(3):
            identity.require(client, ())
    assert emulator.endpoints() == ["users/query"]


# --- the workspace that an object belongs to ---------------------------------------------------------------


@pytest.fixture
def require_parent(emulator: Emulated) -> Callable[..., None]:
    """Compares workspace 1, made by hand, with what the state records under this id."""
    emulator.api("workspaces/create", workspace_name="fraud")

    def require_parent(recorded: dict[str, object], **properties: object) -> None:
        ownership = Ownership(lambda: [StackEntry("urn", "Workspace", "1", recorded)])
        with closing(Client(load(emulator.settings.get, {}))) as client:
            ctx: Context[Client] = Context(
                client=client, report=print, sleep=lambda _: None, ownership=ownership
            )
            Identity().require_parent(ctx, properties)

    return require_parent


def test_the_recorded_workspace_is_recognised(
    require_parent: Callable[..., None], emulator: Emulated
) -> None:
    [listed] = emulator.api("workspaces/list")["workspaces"]
    require_parent({"name": "fraud", "createdAt": listed["created_at"]}, workspaceId=1.0)
    require_parent({"name": "fraud"}, workspaceId=1.0)
    require_parent({"name": "churn"})
    require_parent({"name": "churn"}, workspaceId=2.0)


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({"name": "churn"}, "workspace 1 is 'fraud' on this instance, but this stack recorded 'churn'"),
        ({"name": "fraud", "createdAt": "2020-01-01T00:00:00+00:00"}, "was created at"),
    ],
)
def test_another_workspace_under_the_recorded_id_is_refused(
    require_parent: Callable[..., None], recorded: dict[str, object], expected: str
) -> None:
    with pytest.raises(ConflictError, match=expected):
        require_parent(recorded, workspaceId=1.0)
