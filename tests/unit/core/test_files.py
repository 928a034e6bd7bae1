"""The digest of a file's content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from wallaroo_pulumi.core.files import sha256_of


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
