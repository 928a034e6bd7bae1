"""Digests and formats of files."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest

from wallaroo_pulumi.core.files import archive_digest_of, format_of, require_content, sha256_of


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    for content in (b"one", b"two", b"three"):
        file.write_bytes(content)
        assert sha256_of(file) == hashlib.sha256(content).hexdigest()


def test_unchanged_files_are_read_once(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"one")
    before = file.stat()
    digest = sha256_of(file)
    with file.open("r+b") as same:  # the same inode, size and time: taken to be unchanged
        same.write(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sha256_of(file) == digest


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        sha256_of(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.onnx")
    for read in (sha256_of, archive_digest_of, format_of, require_content):
        with pytest.raises(OSError, match="Not a regular file"):
            read(tmp_path / "model.onnx")


HOUSE_PRICE = Path(__file__).parents[3] / "stacks/serving/house_price.onnx"


def test_recognised_formats(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("a", "b")
    contents = {
        "pickle": pickle.dumps({"a": [1.0] * 100}),
        "hdf5": bytes(512) + b"\x89HDF\r\n\x1a\n" + bytes(100),
        "page": b"\n<!DOCTYPE html><html><body>Log in</body></html>",
        "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "json": b'{"error": "not found"}',
        "marked": b'\xef\xbb\xbf{"error": "not found"}',
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "text": b"a model",
        "protobuf": b"\x08\x01",
        "zeros": bytes(1001),
        "cut": HOUSE_PRICE.read_bytes()[:-1],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    shutil.copy(HOUSE_PRICE, tmp_path / "onnx")
    assert {file.name: format_of(file) for file in tmp_path.iterdir()} == {
        "zip": "a zip archive",
        "pickle": "a Python pickle",
        "hdf5": "an HDF5 file",
        "page": "a web page",
        "xml": "an XML document",
        "json": "a JSON document",
        "marked": "a JSON document",
        "gzip": "a compressed file",
        "onnx": "an ONNX model",
        "text": None,
        "protobuf": None,
        "zeros": None,
        "cut": None,
    }


@pytest.mark.parametrize("damage", [b"PK\x03\x04 no more", b"plain text"])
def test_what_is_no_readable_archive_has_no_archive_digest(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(damage)
    assert archive_digest_of(tmp_path / "a.zip") is None
