"""What the text of a setting may be. Each function returns the value; its ValueError says what the text must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from ..addresses import address_parts

PROJECT_FILES: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def utf8_text(text: str) -> str:
    # Python shows bytes of the environment that are no UTF-8 as surrogates.
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("must be UTF-8")
    return text


def token(text: str) -> str:
    token = text.strip().removeprefix("Bearer ").strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("must be one word of printable ASCII characters, as in an HTTP header")
    return token


def number(least: float, whole: bool) -> Callable[[str], Any]:
    def parse(text: str) -> float | int:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = least - 1
        if not least <= value < 1e6:
            raise ValueError(f"must be a {'whole number' if whole else 'number'} of at least {least:g}")
        return value

    return parse


def boolean(text: str) -> bool:
    try:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def project_folder() -> Path | None:
    """Return the folder of the Pulumi project that contains the working directory, or None."""
    here = Path.cwd()
    return next(
        (f for f in (here, *here.parents) if any((f / name).is_file() for name in PROJECT_FILES)), None
    )


def file(text: str) -> str:
    """An absolute path. A relative one starts at the project's folder: each process has its own working directory."""
    try:
        return str((project_folder() or Path.cwd()) / Path(utf8_text(text)).expanduser())
    except RuntimeError:
        raise ValueError("names a home folder that does not exist") from None


def host_name(text: str) -> str:
    """A host name with an optional port; ``https://`` or a trailing slash that was pasted along is taken off."""
    host = text.removeprefix("https://").rstrip("/")
    if not address_parts(f"https://{host}", path=False):
        raise ValueError("must be a host name, such as wallaroo.example.com")
    return host


def base_url(below: str, *endings: str) -> Callable[[str], str]:
    """A base URL. The ``endings`` may be pasted along; a path that has ``below`` in it is no base."""

    def parse(text: str) -> str:
        url = text.rstrip("/")
        for ending in endings:
            url = url.removesuffix(ending).rstrip("/")
        parts = address_parts(url)
        if parts is None:
            raise ValueError(
                "must be a URL such as https://wallaroo.example.com, without user, query or fragment"
            )
        if f"{below}/" in f"{parts.path}/":
            raise ValueError(f"must end before {below}")
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    return parse
