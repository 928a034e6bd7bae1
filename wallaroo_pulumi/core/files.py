"""Local files that a resource uploads: their digests, and what their first bytes say they are."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import re
import stat
import threading
import zipfile
from collections.abc import Callable, Iterable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

_CHUNK: Final = 1 << 20
_known: dict[tuple[object, ...], Any] = {}
_lock = threading.Lock()


def leads_elsewhere(path: Path) -> str | None:
    """A line for the user where a link on the way to a file leads out of the folder that Pulumi runs in; else None."""
    real = path.resolve()
    if real == Path(os.path.abspath(path)) or real.is_relative_to(Path.cwd().resolve()):
        return None
    return f"{path} is a link to {real}, outside the folder that Pulumi runs in: that is uploaded"


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, 64 hex digits. Raises OSError if the file cannot be read."""
    return _once(path, "sha256", lambda file: hashlib.file_digest(file, "sha256").hexdigest())


def archive_digest_of(path: str | Path) -> str | None:
    """Return a digest of a zip archive's entries, 64 hex digits, or None for any other file.

    It covers names, modes and contents. Timestamps, order, compression and comments do not change it, so an archive
    that was packed again from unchanged sources keeps its digest. Raises OSError if the file cannot be read.
    """
    return _once(path, "archive", _archive_digest)


def format_of(path: str | Path) -> str | None:
    """Return what a file's content is, such as ``"a zip archive"``, or None if its bytes are not recognised.

    Raises OSError if the file cannot be read.
    """
    return _once(path, "format", _format)


def _once(path: str | Path, what: str, read: Callable[[BufferedReader], T]) -> T:
    """Return what ``read`` makes of the file: called once while size, time and inode stay the same.

    A run checks each resource, then creates it.
    """
    require_regular(path)
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        key = (what, str(Path(path).absolute()), status.st_ino, status.st_size, status.st_mtime_ns)
        with _lock:
            if key in _known:
                found: T = _known[key]
                return found
        result = read(file)
    with _lock:
        _known[key] = result
    return result


def _archive_digest(file: BufferedReader) -> str | None:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
            return _digest_of(_entry(archive, entry) for entry in entries)
    except OSError:
        raise
    except (
        Exception
    ):  # damaged, encrypted or unsupported, each with errors of its own: compared as a plain file
        return None


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[str, str, str]:
    with archive.open(entry) as content:
        digest = hashlib.sha256()
        while piece := content.read(_CHUNK):
            digest.update(piece)
    return entry.filename, oct(entry.external_attr >> 16), digest.hexdigest()


def _digest_of(entries: Iterable[tuple[str, str, str]]) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        digest.update("\0".join((*entry, "")).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


# --- what a file is ----------------------------------------------------------------------------------------

ZIP: Final = "a zip archive"
HDF5: Final = "an HDF5 file"
PICKLE: Final = "a Python pickle"
ONNX: Final = "an ONNX model"
COMPRESSED: Final = "a compressed file"

_SIGNATURES: Final[Mapping[str, tuple[bytes, ...]]] = {
    ZIP: (b"PK\x03\x04", b"PK\x05\x06"),
    COMPRESSED: (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),
    "a 7-Zip archive": (b"7z\xbc\xaf\x27\x1c",),
    "a RAR archive": (b"Rar!\x1a\x07",),
    "a GGUF model": (b"GGUF",),
    "a Parquet file": (b"PAR1",),
    "a NumPy array": (b"\x93NUMPY",),
    "an executable": (b"\x7fELF",),
    "a PDF document": (b"%PDF-",),
    "an image": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"),
}
_HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_HDF5_OFFSETS: Final = (0, 512, 1024, 2048)
"""Where HDF5 allows its signature: after a user block."""
_TEXTS: Final[Mapping[str, re.Pattern[bytes]]] = {
    "a web page": re.compile(rb"\s*<(!doctype html|html)", re.I),
    "an XML document": re.compile(rb"\s*<\?xml\b"),
    "a JSON document": re.compile(rb'\s*[\[{]\s*"'),
}
"""What a server answers in place of a file, usually with the reason why."""
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_HEAD: Final = 4096


def require_regular(path: str | Path) -> None:
    """Raises OSError for a pipe or a device, which may never end, and if there is no file."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a directory fails by itself
        raise OSError(errno.EINVAL, "Not a regular file")


def require_content(path: str | Path) -> None:
    """Raises ValueError for a file that holds nothing, or a Git LFS pointer instead of the file; OSError."""
    require_regular(path)
    with Path(path).open("rb") as file:
        head = file.read(len(_LFS_POINTER))
    if not head:
        raise ValueError("is an empty file")
    if head == _LFS_POINTER:
        raise ValueError("is a Git LFS pointer, not the file itself; run `git lfs pull`")


def _format(file: BufferedReader) -> str | None:
    head = file.read(_HEAD)
    for name, signatures in _SIGNATURES.items():
        if head.startswith(signatures):
            return name
    if any(head.startswith(_HDF5_SIGNATURE, offset) for offset in _HDF5_OFFSETS):
        return HDF5
    text = head.removeprefix(codecs.BOM_UTF8)
    if kind := next((kind for kind, start in _TEXTS.items() if start.match(text)), None):
        return kind
    if head[257:262] == b"ustar":
        return "a tar archive"
    size = file.seek(0, os.SEEK_END)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        file.seek(size - 1)
        return PICKLE if file.read(1) == b"." else None
    return ONNX if _is_onnx(file, size) else None


_GRAPH_FIELD: Final = 7
_LAST_FIELD: Final = 25
"""Fields of ONNX's ``ModelProto``: its graph, and the highest number with which the format defines one today."""


def _is_onnx(file: BufferedReader, size: int) -> bool:
    """Whether a file is one protobuf message with the fields of a ``ModelProto``, a graph among them.

    Only the headers of the fields are read, so the file's size does not matter.
    """
    place, fields = 0, set()
    while place < size:
        file.seek(place)
        header = file.read(20)
        key, length = _varint(header)
        field, kind = key >> 3, key & 7
        if not length or not 0 < field <= _LAST_FIELD:
            return False
        fields.add(field)
        value, more = _varint(header[length:])
        match kind:
            case 0 if more:
                place += length + more
            case 1:
                place += length + 8
            case 2 if more:
                place += length + more + value
            case 5:
                place += length + 4
            case _:
                return False
    return place == size and _GRAPH_FIELD in fields


def _varint(data: bytes) -> tuple[int, int]:
    """Return a protobuf varint and its length in bytes; the length is 0 if there is none."""
    value = 0
    for index, byte in enumerate(data[:10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, index + 1
    return 0, 0
