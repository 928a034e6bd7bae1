"""The base of ``native.Provider``: an instance and an account, given by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..config import SECRETS
from .inputs import Arguments


class InstanceProvider(pulumi.ProviderResource):
    """The settings of one instance, in place of the stack's configuration. The plugin checks them."""

    def __init__(
        self, resource_name: str, settings: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        call = Arguments(f"Provider {resource_name!r}")
        given = {
            key: call.plain(value, key, secret=key in SECRETS)
            for key, value in settings.items()
            if value is not None
        }
        props = {
            key: _secret(_text(value)) if key in SECRETS else _text(value) for key, value in given.items()
        }
        super().__init__("wallaroo", resource_name, props, opts)


def _secret(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.secret(value)


def _text(value: Any) -> Any:
    """Return a setting as Pulumi sends those of providers: text, or the JSON of what is no text."""
    if isinstance(value, str):
        return value
    return pulumi.Output.from_input(value).apply(
        lambda known: known if isinstance(known, str) else pulumi.runtime.to_json(known)
    )
