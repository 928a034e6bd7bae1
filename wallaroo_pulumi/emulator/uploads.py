"""Uploads: a multipart request with a `file` and `metadata` in JSON, which may have a file name of its own or not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from .errors import ApiError

Metadata = TypeVar("Metadata", bound=BaseModel)


@dataclass(frozen=True)
class Upload:
    """The parts of an upload. `metadata` is the text of its JSON."""

    file: UploadFile | None
    metadata: str | None

    @property
    def file_name(self) -> str:
        return (self.file and self.file.filename) or ""

    @property
    def required_file(self) -> UploadFile:
        """The file. Raises ApiError 400 if there is none."""
        if self.file is None:
            raise ApiError(400, "file: Field required")
        return self.file

    def described_by(self, model: type[Metadata]) -> Metadata:
        """The metadata as this model. Raises ApiError 400 if they are missing or do not fit it."""
        if self.metadata is None:
            raise ApiError(400, "metadata: Field required")
        try:
            return model.model_validate_json(self.metadata)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(("metadata", *map(str, first["loc"])))
            raise ApiError(400, f"{path}: {first['msg']}") from error


async def _received(request: Request) -> AsyncIterator[Upload]:
    async with request.form() as form:
        file, metadata = form.get("file"), form.get("metadata")
        if isinstance(metadata, UploadFile):
            metadata = (await metadata.read()).decode(errors="replace")
        yield Upload(file if isinstance(file, UploadFile) else None, metadata)


UploadDep = Annotated[Upload, Depends(_received)]


def described(example: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """The request body of an upload for the API description; `required` is whether metadata are."""
    schema = {
        "type": "object",
        "required": ["file", "metadata"] if required else ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "metadata": {"type": "object", "example": example},
        },
    }
    content = {"schema": schema, "encoding": {"metadata": {"contentType": "application/json"}}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}
