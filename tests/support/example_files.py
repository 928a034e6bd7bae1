"""The files that the resources' examples upload, by the names that the examples give them."""

from __future__ import annotations

import zipfile
from pathlib import Path


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
