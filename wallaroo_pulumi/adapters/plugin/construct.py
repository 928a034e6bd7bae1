"""Components for programs in other languages: each Construct call runs the Python component as a small program.

Pulumi's SDK keeps a program's state (monitor, configuration, outstanding registrations) in context variables and in the
running event loop. Every call gets a context and a loop of its own, so that calls in several threads stay apart.
``ProviderServicer`` of the SDK does what is the same for the components of all packages.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Collection, Mapping
from contextvars import Context
from typing import Any, Final

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.resource import DependencyResource
from pulumi.runtime.proto import provider_pb2 as proto

from ... import native
from ...core.diff import contains_unknown
from ...core.fields import UNKNOWN
from ...core.names import wire_name
from ...errors import ObjectError, WallarooError, one_line
from ..pulumi_values import COMPONENTS, Decoder, Path

_CONTAINERS: Final = ("connections", "members", "modelOptions")
"""Inputs that decide which resources there are, or which inputs those have: a preview has to know their keys."""


def construct(request: proto.ConstructRequest, engine_address: str) -> proto.ConstructResponse:
    """Declare a component and its resources. Returns when all of them are registered."""
    component = _Component(request)
    servicer = _Servicer(component, [], engine_address)
    try:
        response: proto.ConstructResponse = Context().run(asyncio.run, servicer._construct(request, None))
    except WallarooError:
        raise
    except Exception as error:
        if not component.is_declared:
            raise
        # The engine has printed the failure of the resource already.
        raise ObjectError(
            f"not all resources of {component.kind} {request.name!r} were registered: {one_line(str(error))}"
        ) from None
    return response


class _Component(Provider):
    def __init__(self, request: proto.ConstructRequest) -> None:
        super().__init__(None)
        self.kind = request.type.rpartition(":")[2]
        self.is_declared = False
        if self.kind not in COMPONENTS:
            raise ObjectError(f"the package wallaroo has no component {request.type!r}; check its spelling")

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        del resource_type
        arguments = _keywords(getattr(native, self.kind), inputs, f"{self.kind} {name!r}")
        if options_of_model := arguments.get("model_options"):
            what = f"model_options of {self.kind} {name!r}"
            arguments["model_options"] = _keywords(native.ModelVersion, options_of_model, what)
        component = getattr(native, self.kind)(name, **arguments, opts=options)
        self.is_declared = True
        return ConstructResult(component.urn, component.outputs)


def _keywords(of: Any, inputs: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return wire names as the arguments of a class. Raises ObjectError for one that it does not have."""
    names = {wire_name(name): name for name in inspect.signature(of).parameters}
    if unknown := inputs.keys() - names.keys():
        raise ObjectError(f"{what}: there is no input {min(unknown)!r}; check its spelling")
    return {names[wire]: value for wire, value in inputs.items() if value is not None}


class _Servicer(ProviderServicer):
    @staticmethod
    async def _construct_inputs(inputs: Any, input_dependencies: Any) -> dict[str, Any]:
        secrets: set[Path] = set()
        plain = Decoder(UNKNOWN, on_secret=secrets.add).properties(MessageToDict(inputs))
        return {
            key: _argument(
                key,
                value,
                {path[1:] for path in secrets if path[0] == key},
                input_dependencies[key].urns if key in input_dependencies else (),
            )
            for key, value in plain.items()
        }


def _argument(name: str, value: Any, secrets: Collection[Path], urns: Collection[str]) -> Any:
    """The value of an input as the component takes it: containers as such, with Outputs in them, and else an Output."""
    if name not in _CONTAINERS or value is None:
        return _output(value, bool(secrets), urns)
    if value is UNKNOWN or (isinstance(value, list) and contains_unknown(value)):
        raise ObjectError(
            f"{name}: a preview must know which these are; give values that are known before the run"
        )
    if isinstance(value, list):
        value = {item: item for item in value}  # connections, by their names
    return {
        key: _output(item, any(path[:1] in ((), (key,)) for path in secrets), urns)
        for key, item in value.items()
    }


def _output(value: Any, secret: bool, urns: Collection[str]) -> Any:
    known = not contains_unknown(value)
    if known and not secret and not urns:
        return value
    return pulumi.Output(
        {DependencyResource(urn) for urn in urns},
        _done(value if known else None),
        _done(known),
        _done(secret),
    )


def _done(value: Any) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
