"""The network and the token endpoint fail, between a client and an instance that are well."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from emulated import Emulated
from example_files import example_files
from lives import Life
from reliability import Record
from tcp_proxy import Mistreatment, TcpProxy

from wallaroo_pulumi.errors import AuthError, WallarooError

MISTREATMENTS: dict[str, Mistreatment] = {
    "network: reset before the request passed": "reset before",
    "network: reset after the request passed": "reset after",
    "network: reply cut in the middle": "cut reply",
    "network: reply a byte at a time, without end": "drip reply",
    "network: no reply at all": "silence",
}
CREATES = {
    "Workspace": ["workspaces/list", "workspaces/create"],
    "WorkspaceMember": ["workspaces/list_users", "workspaces/add_user"],
    "User": ["users/query", "users/invite"],
    "Connection": ["connections/create"],
    "Pipeline": ["pipelines/create"],
}
CASES = [
    (kind, endpoint, name)
    for kind, endpoints in CREATES.items()
    for endpoint, name in itertools.product(endpoints, MISTREATMENTS)
]


@pytest.fixture
def proxy(emulator: Emulated) -> Iterator[TcpProxy]:
    with TcpProxy(emulator.url) as proxy:
        yield proxy


@pytest.mark.parametrize(("kind", "endpoint", "name"), CASES)
def test_a_create_over_a_bad_network(
    emulator: Emulated, proxy: TcpProxy, record: Record, tmp_path: Path, kind: str, endpoint: str, name: str
) -> None:
    files = example_files(tmp_path)
    with closing(Life(emulator, kind, files)) as life:
        life.make_needs()
        life.create()
        undisturbed = objects(emulator)
    emulator.control("reset")
    with closing(Life(emulator, kind, files, url=proxy.url)) as life:
        life.make_needs()
        life.new_process(timeout=0.25)
        proxy.mistreat(f"/v1/api/{endpoint} ", MISTREATMENTS[name])
        outcome = "carried on"
        try:
            life.create()
        except WallarooError:
            outcome = "error, next run converged"
            life.new_process()
            life.create()
        assert objects(emulator) == undisturbed, "lost or made twice"
        record.note(name, outcome)


def objects(emulator: Emulated) -> dict[str, int]:
    counts: dict[str, int] = emulator.http.get("/__emulator__/objects").json()
    return {
        table: count for table, count in counts.items() if "session" not in table and "token" not in table
    }


def test_a_refused_connection_is_told_and_changes_nothing(emulator: Emulated, tmp_path: Path) -> None:
    with TcpProxy(emulator.url) as proxy:
        url = proxy.url
    life = Life(emulator, "Workspace", example_files(tmp_path), url=url)
    with closing(life), pytest.raises(WallarooError, match="cannot be reached"):
        life.create()


def test_a_token_endpoint_that_is_down_is_told_and_the_next_run_goes_on(
    emulator: Emulated, tmp_path: Path
) -> None:
    emulator.control("faults", path="*/token", count=50, status=503)
    with closing(Life(emulator, "Workspace", example_files(tmp_path))) as life:
        with pytest.raises(AuthError):
            life.create()
        emulator.http.delete("/__emulator__/faults")
        life.create()


def test_a_token_that_is_revoked_in_the_middle_is_renewed(emulator: Emulated, tmp_path: Path) -> None:
    with closing(Life(emulator, "WorkspaceMember", example_files(tmp_path))) as life:
        life.make_needs()
        emulator.control("tokens", revoke=True, rotate=True)
        life.create()
        grants = [request["body"]["grant_type"] for request in emulator.tokens()]
        assert grants == ["password", "refresh_token", "password"], (
            "renewed after the 401, the session being gone"
        )


def test_a_server_that_is_always_busy_ends_in_an_error(emulator: Emulated, tmp_path: Path) -> None:
    emulator.control("faults", path="/v1/api/*", count=1000, status=429, headers={"Retry-After": "1"})
    life = Life(emulator, "Workspace", example_files(tmp_path))
    with closing(life), pytest.raises(WallarooError, match="429"):
        life.create()
    assert len(emulator.requests()) == 2, "the request and its one retry"
