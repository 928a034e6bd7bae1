"""The files that the resources' examples upload, by the names that the examples give them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def _zip_with(name: str, offset: int, value: int) -> bytes:
    """A zip file of one entry, with a byte of its central directory changed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr(name, "")
    changed = bytearray(content.getvalue())
    changed[changed.index(b"PK\x01\x02") + offset] = value
    return bytes(changed)


UNREADABLE_NAME: Final = _zip_with("é.py", 46, 0xFF)
"""The name of the entry is not UTF-8, although the entry says so."""
LATER_VERSION: Final = _zip_with("main.py", 6, 255)
"""The entry needs version 25.5 of the format."""


def orchestration_file(
    folder: Path, main: str = "print('scored')\n", name: str = "nightly-scores.zip"
) -> Path:
    """A package that the instance can run."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("main.py", main)
        package.writestr("requirements.txt", "")
    return path


def model_file(folder: Path) -> Path:
    """A file with a model's name; its content matters only to what infers with it."""
    path = folder / "ccfraud.onnx"
    path.write_bytes(b"a model")
    return path


def example_files(folder: Path) -> dict[str, str]:
    """The files made in ``folder``, keyed as on Pulumi's wire."""
    return {"modelFile": str(model_file(folder)), "orchestrationFile": str(orchestration_file(folder))}
