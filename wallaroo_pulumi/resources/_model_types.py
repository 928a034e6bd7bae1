"""Types of the inputs that say what an uploaded model is: framework, Python version, packages and schemas."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from ..core.fields import Element, KeyText

Framework = Literal[
    "custom",
    "hugging-face-automatic-speech-recognition",
    "hugging-face-feature-extraction",
    "hugging-face-image-classification",
    "hugging-face-image-segmentation",
    "hugging-face-image-to-text",
    "hugging-face-object-detection",
    "hugging-face-question-answering",
    "hugging-face-sentiment-analysis",
    "hugging-face-stable-diffusion-text-2-img",
    "hugging-face-summarization",
    "hugging-face-text-classification",
    "hugging-face-text-generation",
    "hugging-face-translation",
    "hugging-face-zero-shot-classification",
    "hugging-face-zero-shot-image-classification",
    "hugging-face-zero-shot-object-detection",
    "keras",
    "mlflow",
    "onnx",
    "python",
    "pytorch",
    "sglang",
    "sklearn",
    "tensorflow",
    "vllm",
    "xgboost",
]


def _python_version(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("must be text, such as '3.8': as a number, 3.10 is 3.1")
    if isinstance(value, str) and not re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        raise ValueError("must be a version of Python, such as 3.8")
    return value


def _arrow_schema(value: Any) -> Any:
    if isinstance(value, str):
        try:
            valid = bool(base64.b64decode(value, validate=True))
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("must be a pyarrow.Schema, or the base64 of its serialised form")
    return value


PythonVersion = Annotated[str, BeforeValidator(_python_version)]
ArrowSchema = Annotated[str, BeforeValidator(_arrow_schema)]
Requirements = Annotated[list[Element[KeyText]] | None, BeforeValidator(lambda value: value or None)]
