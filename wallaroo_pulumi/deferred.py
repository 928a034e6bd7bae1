"""The base of the models that are built when they are first used, which may be in several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

_ONE_AT_A_TIME = threading.RLock()


class DeferredModel(BaseModel):
    """A model whose validation is built at its first use. A run needs few of them, and should not wait for the others.

    Before pydantic 2.14, two threads that build one model at once can fail (pydantic issue 13419), so one waits here.
    """

    # Properties, state and responses may contain secrets, which the text of an error must not show.
    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        """Build the model, unless another thread has just done so."""
        with _ONE_AT_A_TIME:
            return super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                _parent_namespace_depth=_parent_namespace_depth + 1,  # this call is one frame more
                _types_namespace=_types_namespace,
            )
