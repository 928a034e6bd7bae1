"""What the request and response models of all MLOps domains have in common."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""An integer id within the range of the platform's database column."""


class Wire(BaseModel):
    """A JSON object with strict types (`"12"` is not an id). Unknown keys are allowed."""

    model_config = ConfigDict(strict=True)


class Empty(Wire):
    """`{}`."""


class Refusal(Wire):
    """The body of every error of the MLOps API; `code` repeats the HTTP status."""

    msg: str
    code: int


def mlops_router(path: str, tag: str, *, version: str = "v1") -> APIRouter:
    """Return a router under `/v1/api` whose description contains the errors."""
    return APIRouter(
        prefix=f"/{version}/api{path}",
        tags=[tag],
        responses={"4XX": {"model": Refusal}, "5XX": {"model": Refusal}},
    )
