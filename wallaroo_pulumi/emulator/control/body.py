"""Request bodies of the control plane, which refuse unknown keys: a misspelt key must not be ignored silently."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, model_validator
from pydantic_core import PydanticCustomError

from ..wire import Wire


class Body(Wire):
    """A body that refuses unknown keys, also in nested objects of the API's own models."""

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_unknown_keys(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        _check_keys(cls, given, "")  # first, so that a misspelt required key is not reported as missing
        body = validate(given)
        _check_nested(body, given, "")
        return body


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """Return the message about an unknown name, with the nearest known one."""
    near = get_close_matches(name, known, n=1)
    return f"unknown {what} '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _check_keys(model: type[BaseModel], given: Any, path: str) -> None:
    if not isinstance(given, dict):
        return
    known = [field.alias or name for name, field in model.model_fields.items()]
    for key in given:
        if key not in known:
            raise PydanticCustomError(
                "unknown_key", "{message}", {"message": path + unknown(key, known, "key")}
            )


def _check_nested(value: Any, given: Any, path: str) -> None:
    """Compare the parsed value with the request; a nested `Body` has checked itself."""
    if isinstance(value, BaseModel) and isinstance(given, dict):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            if key in given:
                _check_nested_value(getattr(value, name), given[key], f"{path}{key}.")
    elif isinstance(value, list | tuple) and isinstance(given, list):
        for index, (item, given_item) in enumerate(zip(value, given, strict=False)):
            _check_nested_value(item, given_item, f"{path}{index}.")
    elif isinstance(value, dict) and isinstance(given, dict):
        for key in value.keys() & given.keys():
            _check_nested_value(value[key], given[key], f"{path}{key}.")


def _check_nested_value(value: Any, given: Any, path: str) -> None:
    if isinstance(value, Body):
        return
    if isinstance(value, BaseModel):
        _check_keys(type(value), given, f"{path.removesuffix('.')}: ")
    _check_nested(value, given, path)
