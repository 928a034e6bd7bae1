"""A value that is made once, when it is first asked for, also if several threads ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()


class on_first_use(Generic[T]):  # a decorator, named as functools.cached_property
    """``functools.cached_property``, which since Python 3.12 lets two threads make a value each."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[object]) -> on_first_use[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[object]) -> T: ...
    def __get__(self, instance: object | None, owner: type[object]) -> on_first_use[T] | T:
        if instance is None:
            return self
        with _ONE_AT_A_TIME:
            # Once made, the instance's own attribute hides this one.
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            made: T = instance.__dict__[self._name]
            return made
