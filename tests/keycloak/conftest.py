"""One real Keycloak for all tests of this folder; each test brings the clients and users that it changes."""

import importlib.util
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest
from keycloak_server import API_CLIENT, API_CLIENT_SECRET, OPERATOR, OPERATOR_PASSWORD, Keycloak
from token_caller import Instance, Login

from wallaroo_pulumi.emulator import EmulatorServer
from wallaroo_pulumi.emulator.settings import Settings as EmulatorSettings


@pytest.fixture(scope="session")
def keycloak(request: pytest.FixtureRequest) -> Iterator[Keycloak]:
    """A server configured as Wallaroo's. Without Java or Maven its tests are skipped; in CI they fail."""
    fetching = _fetch_script()
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with ExitStack() as stack:
        with capture.global_and_fixture_disabled():  # this takes long enough to show its progress
            try:
                distribution = fetching.fetch()
            except fetching.ToolMissing as missing:
                if os.environ.get("CI") == "true":
                    pytest.fail(str(missing), pytrace=False)
                pytest.skip(str(missing))
            server = stack.enter_context(Keycloak(distribution, tell=lambda line: print(f"\n{line}")))
        yield server


def _fetch_script() -> ModuleType:
    # It also runs before the development environment exists (`make keycloak`), so it is in no package.
    path = Path(__file__).parents[2] / "tools/keycloak/fetch.py"
    spec = importlib.util.spec_from_file_location("keycloak_fetch", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_numbers = itertools.count(1)


@pytest.fixture
def new_login(keycloak: Keycloak) -> Callable[..., Login]:
    """Makes a client and a user that no other test knows. Lifetimes are seconds; `secret=None` is a public client."""

    def make(
        *,
        secret: str | None = "its-secret",
        password: str = "its-password",
        client_name: str = "client",
        user_name: str = "user",
        access: int = 3600,
        refresh: int = 1800,
    ) -> Login:
        number = next(_numbers)
        client_id, username = f"{client_name}{number}", f"{user_name}{number}"
        keycloak.add_client(client_id, secret)
        keycloak.set_lifetimes(client_id, access=access, refresh=refresh)
        user_id = keycloak.add_user(username, password, email=f"user{number}@example.com")
        return Login(keycloak.url, client_id, secret, username, password, user_id)

    return make


@pytest.fixture
def wallaroo_on_keycloak(keycloak: Keycloak) -> Iterator[Instance]:
    """A fresh emulator that accepts the Keycloak's tokens, with the operator's credentials."""
    operator = Login(keycloak.url, API_CLIENT, API_CLIENT_SECRET, OPERATOR, OPERATOR_PASSWORD)
    with EmulatorServer(EmulatorSettings(keycloak_url=keycloak.url)) as emulator:
        yield Instance(keycloak, emulator.url, operator.environment(WALLAROO_API_URL=emulator.url))
