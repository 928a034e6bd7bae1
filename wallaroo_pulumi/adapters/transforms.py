"""Options that transforms return (``register_resource_transform``, ``ResourceOptions.transforms``).

Pulumi runs them on what it sends, after a resource is declared, and sends the options they return as they are. So a
path of Python names in ``ignore_changes`` would have no effect, without a message. Pulumi offers no hook there, so two
methods of its callback server are wrapped (SDK 3.216 to 3.272): the one that reads a request, which names the type, and
the one that writes the options of the answer. In an SDK of another shape nothing is wrapped, and such paths need the
names of the wire.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

import pulumi
from pulumi.runtime import _callbacks

WireOptions = Callable[[pulumi.ResourceOptions], pulumi.ResourceOptions]

_wire_options: Final[dict[str, WireOptions]] = {}
"""Type token → what names the properties in options of this type as on the wire."""

_type: Final[ContextVar[str]] = ContextVar("type", default="")
"""The type of the resource that a transform is called for. Each call has a context of its own."""


def name_options_as_on_the_wire(type_token: str, wire_options: WireOptions) -> None:
    """Translate what transforms return for resources of this type."""
    _wire_options[type_token] = wire_options
    _wrap_callbacks()


@functools.cache
def _wrap_callbacks() -> None:
    server: Any = getattr(_callbacks, "_CallbackServicer", None)
    read = getattr(server, "_resource_options", None)
    write = getattr(server, "_transformation_resource_options", None)
    if read is None or write is None:
        return

    @functools.wraps(read)
    def read_request(self: Any, request: Any) -> Any:
        _type.set(getattr(request, "type", ""))
        return read(self, request)

    @functools.wraps(write)
    def write_options(self: Any, opts: pulumi.ResourceOptions, *args: Any, **kwargs: Any) -> Any:
        wire_options = _wire_options.get(_type.get())
        return write(self, wire_options(opts) if wire_options else opts, *args, **kwargs)

    server._resource_options, server._transformation_resource_options = read_request, write_options
