"""The base class of the resources that programs declare.

Every declaration passes through here, and programs import it first: so neither the kernel nor pydantic nor HTTP is
imported at import.
"""

from __future__ import annotations

import base64
import functools
import pickle
import pickletools
from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

import pulumi

from .dynamic import AUTONAME_KEY, DynamicProvider
from .program_settings import require_settings

_PROVIDER_KEY = "__provider"


@functools.cache
def _reference(kind: str) -> str:
    """What the state holds of a provider, in inputs and outputs of every resource: hence the tightest pickle.

    Not from Pulumi's ``serialize_provider``, which is for classes of the program: besides being larger, every call of
    it patches Python's pickler anew and leaves the patch there, so that each is slower than the one before, and about
    the thousandth ends in a RecursionError.
    """
    tight = pickletools.optimize(pickle.dumps(DynamicProvider(kind), protocol=2))
    return base64.b64encode(tight).decode()


class WallarooResource(pulumi.dynamic.Resource):
    """Base of the resources that programs declare; the classes themselves are generated (``classes.py``)."""

    _kind: ClassVar[str]
    _wire_names: ClassVar[Mapping[str, str]]
    """Every input and output: Python name → wire name."""
    _secrets: ClassVar[tuple[str, ...]]
    """Wire names of secret properties."""
    _from_id: ClassVar[Mapping[str, type]]
    """Wire names of the outputs that the id tells too, and their types."""
    _autonamed: ClassVar[str | None]
    """Wire name of the property that is named after the resource when left out."""

    def __init__(
        self, resource_name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        require_settings()
        opts = self._translated(opts)
        # Only keys among the given properties become attributes (docs/internals/dynamic-host.md#calls).
        props: dict[str, Any] = dict.fromkeys(self._wire_names.values())
        props.update({self._wire_names[name]: _serialised(value) for name, value in inputs.items()})
        for name in self._secrets:
            if props[name] is not None:
                props[name] = pulumi.Output.secret(props[name])
        if self._autonamed and props[self._autonamed] is None and opts.id is None:
            props[AUTONAME_KEY] = self._autoname(resource_name, opts.parent)
        props[_PROVIDER_KEY] = _reference(self._kind)
        # Not the initializer of dynamic.Resource, which would pickle the provider again for each resource.
        super(pulumi.dynamic.Resource, self).__init__(
            f"pulumi-python:{self._resource_type_name}", resource_name, props, opts
        )
        for name, of in self._from_id.items():
            self.__dict__[name] = _known_first(self.__dict__[name], self.id, of)

    @classmethod
    def _read(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None
    ) -> Self:
        resource = cls.__new__(cls)
        # Ids are numbers everywhere else in these classes (and floats on Pulumi's wire), but text to Pulumi.
        text = pulumi.Output.from_input(id).apply(
            lambda given: given if isinstance(given, str) else f"{given:.0f}"
        )
        WallarooResource.__init__(
            resource, resource_name, {}, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=text))
        )
        return resource

    def _output(self, wire_name: str) -> pulumi.Output[Any]:
        return cast("pulumi.Output[Any]", self.__dict__[wire_name])

    def _translated(self, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
        """Options in which properties are named as on the wire, and computed secrets are marked."""

        def wire(paths: list[str] | None) -> list[str]:
            return [self._wire_names.get(path, path) for path in paths or []]

        opts = pulumi.ResourceOptions.merge(opts, None)
        if isinstance(opts.ignore_changes, list):
            opts.ignore_changes = wire(opts.ignore_changes)
        opts.additional_secret_outputs = wire(opts.additional_secret_outputs) + list(self._secrets)
        return opts

    def _autoname(self, resource_name: str, parent: pulumi.Resource | None) -> pulumi.Input[str]:
        from ..core.names import autoname

        stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        if parent is None:
            return autoname(resource_name, f"{stack}/{self._kind}::{resource_name}")
        # The name hangs on the parent's URN, but not on the parent: a component is done when its children are.
        urn = pulumi.Output(set(), parent.urn.future(), parent.urn.is_known())
        return urn.apply(lambda urn: autoname(resource_name, f"{urn}/{self._kind}::{resource_name}"))


def _serialised(value: Any) -> Any:
    """A ``pyarrow.Schema`` as base64; any other value as it is. pyarrow is not a dependency, hence the name."""
    if type(value).__module__.partition(".")[0] == "pyarrow":
        return base64.b64encode(value.serialize().to_pybytes()).decode()
    return value


def _known_first(prop: pulumi.Output[Any], id: pulumi.Output[str], of: type) -> pulumi.Output[Any]:
    """``prop`` when it is known, else what ``id`` tells.

    In the preview of an update Pulumi knows the id and forgets the computed outputs, which would make every
    dependent look as if it were to be replaced.
    """

    async def pick() -> Any:
        if await prop.is_known() or not await id.is_known():
            return prop
        try:
            told = of(str(await id.future()))
        except ValueError:
            return prop  # not an id of ours: a mock made it up
        return id.apply(lambda _: told)

    # The picked Output is unwrapped by apply.
    return pulumi.Output.from_input(pick()).apply(lambda picked: cast(Any, picked))
