"""Types of the API's responses, one module per domain.

``wire.Pipeline`` imports the domains up to that of pipelines; importing this package imports none. Unknown keys are
ignored, and optional ones may be missing (docs/internals/mlops-api.md#evidence).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .assays import *
    from .automation import *
    from .graphql import *
    from .models import *
    from .pipelines import *
    from .publishes import *
    from .workspaces import *

_DOMAINS: Final = ("workspaces", "automation", "models", "pipelines", "publishes", "assays", "graphql")


def __getattr__(name: str) -> Any:
    for domain in _DOMAINS if name[0].isupper() else ():
        found = getattr(import_module(f".{domain}", __name__), name, None)
        if found is not None:
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
