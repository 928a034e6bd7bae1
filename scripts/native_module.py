"""The text of ``wallaroo_pulumi/native.py``, generated from the definitions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from package_module import BUILDERS, FUNCTIONS, PUBLIC, RESULTS
from plugin_schema import enumeration_member

from wallaroo_pulumi.adapters.pulumi_values import COMPONENTS
from wallaroo_pulumi.config import BY_KEY
from wallaroo_pulumi.provider.schema import Enumeration, Plain, Property, Type, schema

HEAD = '''\
"""The package's resources and functions, served by the native plugin::

    import wallaroo_pulumi.native as wallaroo

    europe = wallaroo.Provider("europe", domain="eu.example.com")
    workspace = wallaroo.Workspace("fraud", opts=pulumi.ResourceOptions(provider=europe))

The names and signatures are those of ``wallaroo_pulumi``. Generated from the definitions by ``make generate``.
"""

from __future__ import annotations

from enum import StrEnum

import pulumi

from . import components
from .adapters import classes
from .adapters.builders import {builders}
from .adapters.functions import {results}
from .adapters.native_functions import {functions}
from .adapters.native_provider import InstanceProvider
from .adapters.program import NativeResource

__all__ = [{names}]
'''

PYTHON_TYPES: Mapping[Type, str] = {
    Plain("string"): "str",
    Plain("integer"): "int",
    Plain("number"): "float",
    Plain("boolean"): "bool",
}


def native_module() -> str:
    """The module that programs import."""
    table = schema()
    own = [kind.name for kind in table.kinds]
    enumerations = [each.name for each in table.enumerations]
    public = [*PUBLIC, "Provider", *enumerations]
    if len(public) != len(set(public)):
        raise ValueError("an enumeration has the name of a class or function")
    head = HEAD.format(
        builders=", ".join(BUILDERS),
        results=", ".join(RESULTS),
        functions=", ".join(FUNCTIONS),
        names=", ".join(f'"{name}"' for name in sorted(public)),
    )
    return "\n\n".join(
        [
            head,
            *(
                f"class {name}(NativeResource, classes.{name}):\n    __doc__ = classes.{name}.__doc__\n"
                for name in own
            ),
            *map(component_text, sorted(COMPONENTS)),
            provider_text(table.settings),
            *map(enumeration_text, table.enumerations),
        ]
    )


def component_text(name: str) -> str:
    """The class of a component whose children are native."""
    return f"class {name}(components.{name}):\n    __doc__ = components.{name}.__doc__\n    _children = __name__\n"


def provider_text(settings: Sequence[Property]) -> str:
    """The class of explicit providers."""
    lines = [
        "class Provider(InstanceProvider):",
        '    """A Wallaroo instance and an account on it, for resources with the option `provider`.',
        "",
        "    Settings that are not given come from the environment, as in a stack's configuration.",
        '    """',
        "",
        "    def __init__(",
        "        self,",
        "        resource_name: str,",
        "        *,",
    ]
    for each in settings:
        lines.append(
            f"        {BY_KEY[each.name].attribute}: pulumi.Input[{PYTHON_TYPES[each.type]}] | None = None,"
        )
    lines += ["        opts: pulumi.ResourceOptions | None = None,", "    ) -> None:"]
    lines += ['        """Declare a Provider.', ""]
    for each in settings:
        text = each.description.partition(" Environment: ")[0]
        lines += textwrap.wrap(
            f":param {BY_KEY[each.name].attribute}: {text}",
            105,
            initial_indent="        ",
            subsequent_indent="            ",
        )
    lines += ['        """', "        settings = {"]
    lines += [f'            "{each.name}": {BY_KEY[each.name].attribute},' for each in settings]
    lines += ["        }", "        super().__init__(resource_name, settings, opts)", ""]
    return "\n".join(lines)


def enumeration_text(each: Enumeration) -> str:
    """The values of a property by names, as programs that Pulumi generates write them."""
    members = [f'    {constant(enumeration_member(value))} = "{value}"' for value in each.values]
    return "\n".join([f"class {each.name}(StrEnum):", *members, ""])


def constant(member: str) -> str:
    """``IfEmpty`` → ``IF_EMPTY``, as Pulumi's code generator makes it of a member's name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", member).upper()
