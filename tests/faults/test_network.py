"""The network, the token endpoint or a clock fails, between a client and an instance that are well."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from contents import contents, difference
from emulated import Emulated
from example_files import example_files
from lives import Adapter, Life
from tcp_proxy import Mistreatment, TcpProxy

from wallaroo_pulumi.emulator import EmulatorServer
from wallaroo_pulumi.errors import AuthError, WallarooError
from wallaroo_pulumi.provider.provider import PartialCreate
from wallaroo_pulumi.resources import RESOURCES

Note = Callable[[str, str], None]

MISTREATMENTS: dict[str, Mistreatment] = {
    "network: reset before the request passed": "reset before",
    "network: reset after the request passed": "reset after",
    "network: reply cut in the middle": "cut reply",
    "network: reply a byte at a time, without end": "drip reply",
    "network: no reply at all": "silence",
}
NATIVE = ("network: reset after the request passed", "network: no reply at all")
"""What the plugin's servicer sees of them: a create that is carried on, and one whose outcome is unknown."""
SHORT = 0.25
"""Seconds: the time-out of the runs that get no reply."""


@pytest.fixture
def proxy(emulator: Emulated) -> Iterator[TcpProxy]:
    with TcpProxy(emulator.url) as proxy:
        yield proxy


@pytest.mark.parametrize("adapter", get_args(Adapter))
@pytest.mark.parametrize("kind", RESOURCES)
def test_a_create_over_a_bad_network(
    emulator: Emulated, proxy: TcpProxy, note: Note, tmp_path: Path, kind: str, adapter: Adapter
) -> None:
    with closing(Life(emulator, kind, example_files(tmp_path), url=proxy.url, adapter=adapter)) as prepared:
        prepared.make_needs()
    emulator.control("snapshot")
    emulator.forget_requests()
    with closing(prepared.again()) as life:
        life.create()
        undisturbed = contents(emulator)
        endpoints = sorted({r["path"] for r in emulator.requests()})
    problems = []
    for endpoint in endpoints:
        for name in NATIVE if adapter == "native" else MISTREATMENTS:
            how = MISTREATMENTS[name]
            endless = how in ("drip reply", "silence")
            if endless and "upload" in endpoint:
                continue  # an upload is waited for as long as its input `timeout` says
            emulator.control("restore")
            with closing(prepared.again(SHORT if endless else 10.0)) as life:
                proxy.mistreat(f"{endpoint} ", how)
                ended = attempt(life)
            found = contents(emulator)
            if found != undisturbed:
                problems.append(f"{kind}, {endpoint}, {name}:\n{difference(found, undisturbed)}")
            # How much is late for so short a time-out depends on the machine, and so does what of a large request
            # has passed before a reset.
            note(name, "either" if endless or "upload" in endpoint else ended)
    assert not problems, "\n".join(problems)


def attempt(life: Life) -> str:
    """Create, and again in a new process after an error."""
    try:
        life.create()
    except WallarooError as error:
        failure = error
    else:
        return "carried on"
    assert "\n" not in str(failure)
    next_run = Life.finish if isinstance(failure, PartialCreate) else Life.create
    life.new_process()
    next_run(life)
    return "next run converged"


@pytest.mark.parametrize("how", ["drip reply", "silence"])
def test_a_request_is_over_when_its_time_is(
    emulator: Emulated, proxy: TcpProxy, tmp_path: Path, how: Mistreatment
) -> None:
    with closing(Life(emulator, "Workspace", example_files(tmp_path), url=proxy.url)) as life:
        life.new_process(timeout=1.0)
        for _ in range(2):  # the read and its one retry
            proxy.mistreat("workspaces/list ", how)
        began = time.monotonic()
        with pytest.raises(WallarooError, match="did not answer in time"):
            life.create()
        assert 2.0 <= time.monotonic() - began < 60.0


def test_a_refused_connection_is_told_and_the_next_run_goes_on(
    emulator: Emulated, note: Note, tmp_path: Path
) -> None:
    with TcpProxy(emulator.url) as proxy:
        url = proxy.url
    with closing(Life(emulator, "Workspace", example_files(tmp_path), url=url)) as life:
        with pytest.raises(WallarooError, match="cannot be reached") as caught:
            life.create()
        assert "\n" not in str(caught.value)
        assert emulator.requests() == []
        with TcpProxy(emulator.url, port=int(url.rpartition(":")[2])):
            life.new_process()
            life.create()
    assert list(emulator.workspaces()) == ["fraud-prod"]
    note("network: connection refused", "next run converged")


def test_a_token_endpoint_that_is_down_is_told_and_the_next_run_goes_on(
    emulator: Emulated, note: Note, tmp_path: Path
) -> None:
    emulator.control("faults", path="*/token", count=50, status=503)
    with closing(Life(emulator, "Workspace", example_files(tmp_path))) as life:
        with pytest.raises(AuthError) as caught:
            life.create()
        assert "\n" not in str(caught.value)
        emulator.http.delete("/__emulator__/faults")
        life.create()
    note("token endpoint down", "next run converged")


def test_a_token_that_is_revoked_in_the_middle_is_renewed(
    emulator: Emulated, note: Note, tmp_path: Path
) -> None:
    with closing(Life(emulator, "WorkspaceMember", example_files(tmp_path))) as life:
        life.make_needs()
        emulator.control("tokens", revoke=True, rotate=True)
        life.create()
        grants = [request["body"]["grant_type"] for request in emulator.tokens()]
        assert grants == ["password", "refresh_token", "password"], (
            "renewed after the 401, the session being gone"
        )
    note("token revoked and keys rotated between two calls", "carried on")


def test_a_server_that_is_always_busy_ends_in_an_error(emulator: Emulated, tmp_path: Path) -> None:
    emulator.control("faults", path="/v1/api/*", count=1000, status=429, headers={"Retry-After": "1"})
    life = Life(emulator, "Workspace", example_files(tmp_path))
    with closing(life), pytest.raises(WallarooError, match="429"):
        life.create()
    assert len(emulator.requests()) == 2, "the request and its one retry"


@pytest.fixture(scope="module")
def skewed() -> Iterator[tuple[Emulated, list[float]]]:
    """An instance, and the seconds by which its clock is ahead."""
    ahead = [0.0]
    with EmulatorServer(clock=lambda: time.time() + ahead[0]) as server:
        emulated = Emulated(server.url)
        with emulated.http:
            yield emulated, ahead


@pytest.mark.parametrize("skew", [-86_400, 86_400])
@pytest.mark.parametrize("kind", RESOURCES)
def test_an_instance_whose_clock_is_a_day_off(
    skewed: tuple[Emulated, list[float]], tmp_path: Path, note: Note, kind: str, skew: int
) -> None:
    emulator, ahead = skewed
    ahead[0] = skew
    emulator.control("reset")
    with emulated_life(emulator, kind, tmp_path) as life:
        live(life)
    note("clock of the instance a day ahead or behind", "carried on")


def test_a_clock_that_is_put_forward_in_the_middle(
    skewed: tuple[Emulated, list[float]], tmp_path: Path, note: Note
) -> None:
    emulator, ahead = skewed
    ahead[0] = 0
    emulator.control("reset")
    with emulated_life(emulator, "WorkspaceMember", tmp_path) as life:
        ahead[0] = 86_400  # all tokens are over now, which only the instance knows
        live(life)
    note("clock of the instance put forward by a day between two calls", "carried on")


def emulated_life(emulator: Emulated, kind: str, folder: Path) -> closing[Life]:
    life = Life(emulator, kind, example_files(folder))
    life.make_needs()
    return closing(life)


def live(life: Life) -> None:
    life.create()
    life.refresh()
    life.update()
    life.delete()
