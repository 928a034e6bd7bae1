"""Providers that a dynamic host of the tests loads to show what our code there reads and reports."""

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

from wallaroo_pulumi.adapters.dynamic_host import current_urn, one_line_errors, private_properties
from wallaroo_pulumi.errors import ObjectError


class UrnProbe(ResourceProvider):
    """Returns the URN of the request."""

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


@private_properties
class PrivateProbe(ResourceProvider):
    """Returns the private properties that it receives, under public names."""

    def __init__(self, kind: str) -> None:
        super().__init__()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult(_published(_olds, news), [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=True, replaces=sorted(_published(_olds, _news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("1", _published(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult("1", _published(props), {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_published(_olds, _news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        raise ValueError(sorted(_published(_props)))


def _published(*properties: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{name[2:]}{index}": value
        for index, each in enumerate(properties)
        for name, value in each.items()
        if name.startswith("__") and name != "__provider"
    }


@one_line_errors
class FaultyProvider(ResourceProvider):
    """Fails every call as its kind says, except ``configure`` unless the kind is ``Configure``."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def configure(self, req: ConfigureRequest) -> None:
        if self.kind == "Configure":
            raise ObjectError("the settings\nare wrong")

    def _fail(self) -> Any:
        match self.kind:
            case "Object":
                raise ObjectError("workspace 'a'\n  is full")
            case "Import":
                import no_such_module  # type: ignore[import-not-found] # noqa: F401
            case "File":
                raise PermissionError(13, "Permission denied", "model.onnx")
            case "Bug":
                empty: dict[str, str] = {}
                try:
                    _ = empty["hunter2"]
                except KeyError as error:
                    raise ValueError("the password\nis hunter2") from error
        return {"value": object()}  # Pulumi cannot serialise it

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult(self._fail(), [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=True, replaces=self._fail())

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("1", self._fail())

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult("1", self._fail(), {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._fail())

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self._fail()
