"""An emulator in a process of its own, as an instance to measure against."""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType
from typing import Self

from emulated import Emulated

from .processes import Usage, resident, usage


class Instance:
    """A running emulator, as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wallaroo_pulumi.emulator"], stdout=subprocess.PIPE, text=True
        )
        self.emulated = Emulated(_first_line(self._process))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.emulated.http.close()
        self._process.terminate()
        self._process.communicate()

    def renew(self, latency: float = 0.0) -> None:
        """Put it back to its start, with a fourth user; ``latency`` (seconds) is what every request waits."""
        self.emulated.control("reset")
        self.emulated.control("seed", users=[{"email": "ada@example.com", "password": "password"}])
        self.emulated.control("latency", seconds=latency)

    def bearer(self) -> str:
        """The ``Authorization`` header of its operator."""
        settings = self.emulated.settings
        answer = self.emulated.http.post(
            "/auth/realms/master/protocol/openid-connect/token",
            auth=("api-client", settings["clientSecret"]),
            data={
                "grant_type": "password",
                "username": settings["username"],
                "password": settings["password"],
            },
        )
        return f"Bearer {answer.raise_for_status().json()['access_token']}"

    def usage(self) -> Usage:
        """What its process has used so far."""
        return usage(self._process.pid)

    def resident(self) -> float:
        """Its memory now, in MiB."""
        return resident(self._process.pid)


def _first_line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip() if process.stdout else ""
