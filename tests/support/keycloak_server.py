"""A real Keycloak for tests, configured as Wallaroo's is, with what an administrator may do to it.

Each server runs from a folder of its own that links to the fetched distribution, so that runs share no state. It
listens on a loopback port; its data, realm keys and sessions survive `restart()` and are gone after `close()`.
"""

import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

REALM = "master"
OPERATOR = "ops@example.com"
OPERATOR_PASSWORD = "ops-password"
API_CLIENT = "api-client"
API_CLIENT_SECRET = "api-client-secret"
SDK_CLIENT = "sdk-client"

_START_OPTIONS = (
    "--optimized",
    "--cache=local",  # the default looks for a cluster, on all interfaces
    "--http-enabled=true",
    "--http-host=127.0.0.1",
    "--hostname-strict=false",
)
_LONGEST_START = 240.0
_BOOT_ADMIN = "boot-admin"


class Keycloak:
    """One server, as a context manager. `tell` gets a line of progress now and then while it starts."""

    def __init__(self, distribution: Path, tell: Callable[[str], None] = lambda line: None) -> None:
        self._tell = tell
        self._home = Path(tempfile.mkdtemp(prefix="wallaroo-keycloak-"))
        # The start script takes its own folder for the server's, and data goes below that.
        shutil.copytree(distribution / "bin", self._home / "bin")
        for part in ("conf", "lib", "providers", "themes", "version.txt"):
            (self._home / part).symlink_to(distribution / part)
        self._admin_password = secrets.token_urlsafe(16)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self._http = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self) -> Self:
        try:
            self.start()
            self._configure_as_wallaroo()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The process

    def start(self) -> None:
        """Return once the realm answers. Raises RuntimeError with the server's last lines when it does not."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KC_")}
        environment["KC_BOOTSTRAP_ADMIN_USERNAME"] = _BOOT_ADMIN
        environment["KC_BOOTSTRAP_ADMIN_PASSWORD"] = self._admin_password
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "sh",
                    str(self._home / "bin" / "kc.sh"),
                    "start",
                    f"--http-port={self._port}",
                    *_START_OPTIONS,
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own: script and Java end together
            )
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End the process in good order; `start` brings the same server back, on the same port."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """End the process at once and forget its data."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        self._http.close()
        shutil.rmtree(self._home)

    @property
    def _log(self) -> Path:
        return self._home / "server.log"

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        started = told = time.monotonic()
        while True:
            try:
                if self._http.get(f"/auth/realms/{REALM}").status_code == 200:
                    return
            except httpx.TransportError:
                pass  # it does not listen yet
            now = time.monotonic()
            if process.poll() is not None or now - started > _LONGEST_START:
                what = (
                    "ended" if process.poll() is not None else f"was not ready after {_LONGEST_START:.0f} s"
                )
                raise RuntimeError(f"Keycloak {what}; its last lines:\n{self._log.read_text()[-3000:]}")
            if now - told >= 5:
                self._tell(f"Keycloak is starting ({now - started:.0f} s) ...")
                told = now
            time.sleep(0.1)

    # What an administrator does

    def add_client(
        self,
        client_id: str,
        secret: str | None,
        *,
        password_grant: bool = True,
        service_account: bool | None = None,
    ) -> None:
        """Add a client as docs/keycloak.md describes it: confidential with a secret, public without."""
        self.admin(
            "POST",
            "/clients",
            {
                "clientId": client_id,
                "publicClient": secret is None,
                "secret": secret,
                "directAccessGrantsEnabled": password_grant,
                "serviceAccountsEnabled": service_account
                if service_account is not None
                else secret is not None,
                "standardFlowEnabled": False,
            },
        )

    def set_lifetimes(self, client_id: str, *, access: int, refresh: int) -> None:
        """Seconds that the client's access tokens, and its unused sessions with their refresh tokens, live."""
        self._change_client(
            client_id,
            attributes={"access.token.lifespan": str(access), "client.session.idle.timeout": str(refresh)},
        )

    def set_secret(self, client_id: str, secret: str) -> None:
        self._change_client(client_id, secret=secret)

    def disable_client(self, client_id: str) -> None:
        self._change_client(client_id, enabled=False)

    def service_account_of(self, client_id: str) -> dict[str, Any]:
        """The user that a client's own tokens name."""
        user: dict[str, Any] = self.admin(
            "GET", f"/clients/{self._client(client_id)['id']}/service-account-user"
        ).json()
        return user

    def add_user(
        self,
        username: str,
        password: str,
        *,
        email: str | None = None,
        first_name: str | None = "Some",
        last_name: str | None = "One",
        roles: tuple[str, ...] = (),
    ) -> str:
        """Add a user who can log in, and give the id."""
        user = {
            "username": username,
            "email": email,
            "emailVerified": True,
            "firstName": first_name,
            "lastName": last_name,
            "enabled": True,
            "credentials": [{"type": "password", "value": password, "temporary": False}],
        }
        created = self.admin("POST", "/users", user)
        user_id = created.headers["location"].rpartition("/")[2]
        if roles:
            known = [self.admin("GET", f"/roles/{role}").json() for role in roles]
            self.admin("POST", f"/users/{user_id}/role-mappings/realm", known)
        return user_id

    def disable_user(self, user_id: str) -> None:
        self.admin("PUT", f"/users/{user_id}", {"enabled": False})

    def require_action(self, user_id: str, action: str = "UPDATE_PASSWORD") -> None:
        self.admin("PUT", f"/users/{user_id}", {"requiredActions": [action]})

    def logout_user(self, user_id: str) -> None:
        """End all sessions of the user."""
        self.admin("POST", f"/users/{user_id}/logout")

    def rotate_keys(self) -> str:
        """Sign with a new key from now on; older keys still verify. Gives the new key's id."""
        realm = self.admin("GET", "").json()
        self.admin(
            "POST",
            "/components",
            {
                "name": f"rotated-{time.time_ns()}",
                "parentId": realm["id"],
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                # The key of the highest priority signs: the time makes each rotation higher than the last.
                "config": {"priority": [str(time.time_ns())], "algorithm": ["RS256"], "keySize": ["2048"]},
            },
        )
        active: str = self.admin("GET", "/keys").json()["active"]["RS256"]
        return active

    def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request to the realm's admin API, with a login of its own: nothing that tests do can spoil it."""
        login = self._http.post(
            f"/auth/realms/{REALM}/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": _BOOT_ADMIN,
                "password": self._admin_password,
            },
        )
        token = login.raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self._http.request(
            method, f"/auth/admin/realms/{REALM}{path}", json=body, headers=headers
        ).raise_for_status()

    def _change_client(self, client_id: str, **changes: Any) -> None:
        client = self._client(client_id)
        changes["attributes"] = client.get("attributes", {}) | changes.get("attributes", {})
        self.admin("PUT", f"/clients/{client['id']}", client | changes)

    def _client(self, client_id: str) -> dict[str, Any]:
        found = self.admin("GET", str(httpx.URL("/clients", params={"clientId": client_id}))).json()
        client: dict[str, Any] = found[0]
        return client

    def _configure_as_wallaroo(self) -> None:
        """The clients, users and token lifetimes of a fresh Wallaroo, as the emulator has them too."""
        self.add_client(API_CLIENT, API_CLIENT_SECRET)
        self.set_lifetimes(API_CLIENT, access=3600, refresh=1800)
        self.add_client(SDK_CLIENT, None)
        self.set_lifetimes(SDK_CLIENT, access=60, refresh=1800)
        self.add_user(OPERATOR, OPERATOR_PASSWORD, email=OPERATOR, roles=("admin",))
        for email in ("mary.jane@example.com", "john.hancock@example.com"):
            self.add_user(email, "password", email=email)


def _free_port() -> int:
    """Return a port that stays free until Java listens on it: the system gives none of this range to others."""
    for port in random.sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("none of 100 ports between 20000 and 30000 is free")
