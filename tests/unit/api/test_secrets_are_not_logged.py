"""No secret in any log record, at any level, of whatever library: not of a login, not of bodies that hold secrets."""

from __future__ import annotations

import pytest
from emulated import Emulated
from workbench import Workbench

SECRETS = ("api-client-secret", "ops-password", "open-sesame", "dapi-hidden", "initial-hidden")


def test_a_life_of_objects_with_secrets_logs_none_of_them(
    emulator: Emulated, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    for name in ("httpx", "httpcore", "pulumi", "wallaroo_pulumi"):
        caplog.set_level(1, logger=name)
    with Workbench(emulator) as bench:
        connection = bench.create("Connection", name="c", type="HTTP", details={"password": "open-sesame"})
        bench.read("Connection", *connection)
        bench.delete("Connection", connection)
        user = bench.create("User", email="new@example.com", initial_password="initial-hidden")
        bench.update("User", user, email="new@example.com", initial_password="initial-hidden", enabled=False)
        bench.delete("User", user)
        registry = bench.create(
            "ModelRegistry", name="r", url="https://registry.example.com", token="dapi-hidden"
        )
        bench.read("ModelRegistry", *registry)
        token = bench.emulator.bearer()["authorization"].removeprefix("Bearer ").partition(".")[0]
    told = "\n".join(f"{record.getMessage()} {record.args} {record.__dict__}" for record in caplog.records)
    assert "/v1/api/connections/create" in told, "the calls are logged"
    leaked = [secret for secret in (*SECRETS, f"{token}.") if secret in told]
    assert leaked == []
