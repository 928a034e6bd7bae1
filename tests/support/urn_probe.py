"""A provider that returns the URN of the request, as our code in the dynamic host reads it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from wallaroo_pulumi.adapters.dynamic_host import current_urn


class UrnProbe(ResourceProvider):
    def __init__(self, kind: str) -> None:
        super().__init__()

    def configure(self, req: ConfigureRequest) -> None:
        self.configured_by = current_urn()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult({"urn": current_urn(), "configuredBy": self.configured_by}, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=True, replaces=[current_urn() or ""])

    def create(self, props: dict[str, Any]) -> CreateResult:
        with ThreadPoolExecutor(1) as pool:
            return CreateResult(
                "1", {"urn": current_urn(), "inAnotherThread": pool.submit(current_urn).result()}
            )

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult("1", {"urn": current_urn()}, {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({"urn": current_urn()})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        raise ValueError(current_urn())
