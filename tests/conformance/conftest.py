"""The vendor's SDK as a second user of the instance, beside this package."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import sdk_operations
from emulated import Emulated, clean_environment
from vendor_sdk import Sdk
from workbench import Workbench

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def _python(request: pytest.FixtureRequest) -> Path:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():  # this takes long enough to show its progress
        fetching = _fetch_script()
        try:
            python: Path = fetching.fetch()
        except fetching.CannotMake as error:
            pytest.fail(str(error), pytrace=False)
    return python


@pytest.fixture(scope="session")
def _sdk(_python: Path, _emulator_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """The SDK, logging in by password from the environment, in the single-domain form."""
    home = tmp_path_factory.mktemp("home")  # it caches its token there
    environment = clean_environment() | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "WALLAROO_URL": _emulator_url,
        "WALLAROO_SDK_AUTH_TYPE": "user_password",
        "WALLAROO_USER": "ops@example.com",
        "WALLAROO_PASSWORD": "ops-password",
    }
    with (
        (home / "messages").open("w+") as messages,
        subprocess.Popen(
            [_python, HERE / "scripts/peer.py"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            text=True,
        ) as process,
    ):
        yield Sdk(process, messages)
        assert process.stdin is not None
        process.stdin.close()  # which ends it


@pytest.fixture
def sdk(_sdk: Sdk, record_property: Callable[[str, object], None]) -> Iterator[Sdk]:
    """The same for all tests; what it is seen to do goes to the page of docs/."""
    _sdk.asked = []
    yield _sdk
    for asked in _sdk.asked:
        record_property(sdk_operations.PAGE.key, asked)


def _fetch_script() -> ModuleType:
    # It also runs before the development environment exists (`make conformance`), so it is in no package.
    path = HERE.parents[1] / "tools/vendor_sdk/fetch.py"
    spec = importlib.util.spec_from_file_location("conformance_fetch", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bench(emulator: Emulated) -> Iterator[Workbench]:
    """This package's resources on the same instance."""
    with Workbench(emulator) as bench:
        yield bench
