"""The text of ``wallaroo_pulumi/__init__.py``: the public names of dynamic programs, made from the definitions."""

from __future__ import annotations

from collections.abc import Iterable

from lookup_functions import results
from reference_pages import own

from wallaroo_pulumi.adapters import builders
from wallaroo_pulumi.adapters.pulumi_values import COMPONENTS
from wallaroo_pulumi.provider.schema import schema

TEXT = '''\
"""Pulumi resources for the objects of a Wallaroo instance::

import wallaroo_pulumi as wallaroo

workspace = wallaroo.Workspace("fraud", name="fraud-prod")

Generated from the definitions by ``make generate``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters.builders import {builders}
    from .adapters.classes import {classes}
    from .adapters.functions import {functions}
    from .components import {components}

__all__ = [{names}]

_ROOMS = ("adapters.classes", "adapters.functions", "adapters.builders", "components")


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is: a program that declares resources needs no functions, the host none of it."""
    if name in __all__:
        from importlib import import_module

        for room in _ROOMS:
            found = getattr(import_module(f".{{room}}", __name__), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")


def __dir__() -> list[str]:
    return sorted({{*globals(), *__all__}})
'''

BUILDERS = [name for name, _ in own(builders, callable)]
KINDS = [kind.name for kind in schema().kinds]
RESULTS = [each.name for each in results()]
FUNCTIONS = [name for each in schema().functions for name in (each.key, f"{each.key}_output")]
PUBLIC = sorted([*BUILDERS, *KINDS, *RESULTS, *FUNCTIONS, *COMPONENTS])


def package_module() -> str:
    """The module that programs import."""
    return TEXT.format(
        builders=_listed(BUILDERS),
        classes=_listed(KINDS),
        functions=_listed([*RESULTS, *FUNCTIONS]),
        components=_listed(COMPONENTS),
        names=_listed(f'"{name}"' for name in PUBLIC),
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
