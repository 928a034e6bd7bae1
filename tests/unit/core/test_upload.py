"""Uploads: the file that check saw, exactly once, and one line that says what to do when that cannot be."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wallaroo_pulumi.core.context import Context
from wallaroo_pulumi.core.files import sha256_of
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import InvalidInput
from wallaroo_pulumi.core.upload import file_inputs, upload_once
from wallaroo_pulumi.errors import ApiError, ObjectError, OutcomeUnknown


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def ctx(said: list[str]) -> Context[None]:
    return Context(client=None, report=said.append, sleep=lambda _: None)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    file = tmp_path / "here/model.onnx"
    file.write_bytes(b"a model")
    return file


def test_the_file_is_sent_and_nothing_is_said(ctx: Context[None], said: list[str], file: Path) -> None:
    sent: list[Path] = []

    def send(of: Path) -> int:
        sent.append(of)
        return 7

    made = upload_once(ctx, str(file), sha256_of(file), send, lambda: None, makes_room="models")
    assert (made, sent, said) == (7, [file], [])


def test_a_lost_reply_is_looked_for_and_not_sent_again(ctx: Context[None], file: Path) -> None:
    sent: list[Path] = []

    def send(of: Path) -> int:
        sent.append(of)
        raise OutcomeUnknown("cut off", may_still_run=False)

    assert upload_once(ctx, str(file), sha256_of(file), send, lambda: 7, makes_room="models") == 7
    assert sent == [file]


def test_another_content_than_check_saw_is_not_sent(ctx: Context[None], file: Path) -> None:
    digest = sha256_of(file)
    file.write_bytes(b"another model")
    with pytest.raises(
        ObjectError, match=r"model\.onnx changed while Pulumi was running; run `pulumi up` again"
    ):
        upload_once(ctx, str(file), digest, lambda _: pytest.fail("sent"), lambda: None, makes_room="models")


def test_a_file_that_has_gone_is_told(ctx: Context[None], file: Path) -> None:
    digest = sha256_of(file)
    file.unlink()
    with pytest.raises(
        ObjectError, match=r"model\.onnx cannot be read: No such file or directory; check path"
    ):
        upload_once(ctx, str(file), digest, lambda _: pytest.fail("sent"), lambda: None, makes_room="models")


def test_a_full_storage_is_told_with_what_makes_room(ctx: Context[None], file: Path) -> None:
    def send(_: Path) -> int:
        raise ApiError(507, "models/upload_and_convert", "insufficient storage", None)

    with pytest.raises(ApiError, match="storage is full: delete model versions, or enlarge it"):
        upload_once(ctx, str(file), sha256_of(file), send, lambda: None, makes_room="model versions")


def test_a_link_that_leads_elsewhere_is_said(
    ctx: Context[None], said: list[str], file: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"elsewhere")
    link = file.with_name("link.onnx")
    os.symlink(tmp_path / "secret", link)
    upload_once(ctx, str(link), sha256_of(link), lambda _: 7, lambda: None, makes_room="models")
    assert [line for line in said if "outside the folder that Pulumi runs in" in line] == said != []


def test_an_input_that_cannot_be_read_says_where_it_was_looked_for(file: Path) -> None:
    assert file_inputs("model.onnx", {})["sha256"] == sha256_of(file)
    with pytest.raises(InvalidInput, match=f"in {file.parent}, where Pulumi runs") as refused:
        file_inputs("modle.onnx", {})
    assert refused.value.property == "path"


def test_digest_and_size_follow_the_file(file: Path) -> None:
    assert file_inputs("model.onnx", {}) == {
        "sha256": sha256_of(file),
        "size": len(b"a model"),
        "archive_digest": None,
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is an empty file"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "is a Git LFS pointer, not the file itself; run `git lfs pull`",
        ),
    ],
)
def test_a_file_without_content_is_rejected(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"^path: {reason}$"):
        file_inputs("model.onnx", {})


def packed(path: Path, entries: dict[str, tuple[int, str]], year: int = 2020, compression: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, (mode, content) in entries.items():
            entry = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            entry.external_attr = mode << 16
            archive.writestr(entry, content, compression)
    return path


SOURCES = {"main.py": (0o100644, "print(1)\n" * 50), "tools/run.sh": (0o100755, "exec true\n")}


def test_an_archive_packed_again_from_unchanged_sources_keeps_its_digests(tmp_path: Path) -> None:
    prior = checked(packed(tmp_path / "a.zip", SOURCES))
    again = packed(tmp_path / "b.zip", dict(reversed(SOURCES.items())), 2026, zipfile.ZIP_DEFLATED)
    assert sha256_of(again) != prior["sha256"]
    assert file_inputs(str(again), prior) == file_inputs(str(tmp_path / "a.zip"), {})


@pytest.mark.parametrize(
    "change",
    [
        {"main.py": (0o100644, "print(2)\n" * 50)},
        {"main.py": (0o100755, SOURCES["main.py"][1])},
        {"more.py": (0o100644, "")},
    ],
    ids=["content", "mode", "entry"],
)
def test_a_changed_archive_has_other_digests(tmp_path: Path, change: dict[str, tuple[int, str]]) -> None:
    prior = checked(packed(tmp_path / "a.zip", SOURCES))
    found = file_inputs(str(packed(tmp_path / "b.zip", SOURCES | change)), prior)
    assert found["sha256"] == sha256_of(tmp_path / "b.zip") != prior["sha256"]
    assert found["archive_digest"] != prior["archiveDigest"]


def test_state_without_an_archive_digest_compares_whole_files(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.zip", SOURCES)
    found = file_inputs(str(file), {"sha256": sha256_of(file)})
    assert found == file_inputs(str(file), {})
    again = packed(tmp_path / "b.zip", SOURCES, 2026)
    assert file_inputs(str(again), {"sha256": sha256_of(file)})["sha256"] == sha256_of(again)


def checked(file: Path) -> dict[str, Any]:
    """The file's inputs as a state holds them."""
    return {wire_name(name): value for name, value in file_inputs(str(file), {}).items()}


def test_an_imported_object_keeps_its_digest_without_a_file() -> None:
    prior = {"sha256": "aa", "size": 7.0, "archiveDigest": None}
    assert file_inputs(None, prior) == {"sha256": "aa", "size": 7, "archive_digest": None}
    assert file_inputs(None, {"sha256": "aa"}) == {"sha256": "aa", "size": None, "archive_digest": None}
    with pytest.raises(InvalidInput, match="is required"):
        file_inputs(None, {})


def test_a_replacement_of_an_imported_object_needs_the_file(ctx: Context[None]) -> None:
    with pytest.raises(ObjectError, match="set path"):
        upload_once(ctx, None, "aa", lambda of: 7, lambda: None, makes_room="models")
