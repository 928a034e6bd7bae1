"""An estate file's text: YAML 1.2, what is rejected, and at which line."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallaroo_pulumi.estate.document import EstateError, read
from wallaroo_pulumi.estate.text import to_yaml


def parsed(folder: Path, text: str | bytes) -> Any:
    file = folder / "estate.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(file).value


def problem(folder: Path, text: str | bytes) -> str:
    with pytest.raises(EstateError) as caught:
        parsed(folder, text)
    return str(caught.value).replace(str(folder / "estate.yaml"), "estate.yaml")


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *((word, word) for word in ("NO", "no", "Yes", "y", "N", "on", "OFF", "tRUE", "nULL", "=", "<<")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("null", "Null", "NULL", "~", "")),
        ("012345670123", 12345670123),
        ("-07", -7),
        ("+1", 1),
        ("0o17", 15),
        ("0xFf", 255),
        ("0b101", "0b101"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("190:20:30.15", "190:20:30.15"),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-45", "2024-13-45"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("1.0.0", "1.0.0"),
        ("+.5e+1", 5.0),
        ("0x", "0x"),
        (".", "."),
        ("9007199254740992", 2**53),
        ("'012'", "012"),
        ('"null"', "null"),
        ("!!str 012", "012"),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
        ('"\\ud83d\\ude00"', "😀"),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_scalars_of_the_core_schema(tmp_path: Path, scalar: str, value: object) -> None:
    found = parsed(tmp_path, f"key: {scalar}\n")["key"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text_that_yaml_1_1_takes_for_something_else(tmp_path: Path) -> None:
    assert parsed(tmp_path, "no: {on: 1, off: 2, y: 3, 2024-01-01: 4, 1_0: 5, =: 6}") == {
        "no": {"on": 1, "off": 2, "y": 3, "2024-01-01": 4, "1_0": 5, "=": 6}
    }


def test_json_is_an_estate_file(tmp_path: Path) -> None:
    assert parsed(tmp_path, '{"workspaces":{"a":{"members":{}}},"x":[1,2.5,true,null,"\\/"]}') == {
        "workspaces": {"a": {"members": {}}},
        "x": [1, 2.5, True, None, "/"],
    }


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = """
        x-team: &team {a: 1, b: 1}
        x-base: &base {<<: *team, b: 2}
        one: {<<: *base, c: 3}
        two: {a: 0, <<: [*team, *base]}
        three: [*team, *team]
        four: {"<<": 1}
    """
    found = parsed(tmp_path, text)
    assert found["one"] == {"a": 1, "b": 2, "c": 3}
    assert found["two"] == {"a": 0, "b": 1}
    assert found["three"] == [{"a": 1, "b": 1}] * 2
    assert found["four"] == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: {8080: http}", "line 2, b: the key 8080 must be text; put it in quotes"),
        ("a:\n  true: x", "line 2, a: the key true must be text"),
        ("a:\n  ~: x", "line 2, a: the key ~ must be text"),
        ("? [a, b]\n: x", "line 1, top: a key must be text"),
        ("a: 1\nb: .nan", "line 2, b: NaN, Infinity"),
        ("a: 1\nb: -.inf", "line 2, b: NaN, Infinity"),
        ("a: 1\nb: 1e999", "line 2, b: NaN, Infinity"),
        ("a: 1\nb: 9007199254740993", "line 2, b: is a whole number beyond 2^53"),
        ("b: 0x" + "f" * 40, "line 1, b: is a whole number beyond 2^53"),
        ("b: " + "9" * 5000, "line 1, b: is a whole number beyond 2^53"),
        ("a: 1\nb: 1e16", "line 2, b: is a whole number beyond 2^53"),
        ("a: 1\nb: {c: -1e300}", "line 2, b.c: is a whole number beyond 2^53"),
        ("b: 9007199254740994.0", "line 1, b: is a whole number beyond 2^53"),
        ("a: 1\nb: !!float 0x1F", "line 2, b: is not a value of type float"),
        ("b: !!float 0o17", "line 1, b: is not a value of type float"),
        ('a: 1\nb: "\\U00110000"', "line 2: invalid YAML: found an escape or a version that is out of range"),
        ('a: "\\UFFFFFFFF"', "line 1: invalid YAML: found an escape or a version that is out of range"),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1", "line 1: invalid YAML: found an escape or a version"),
        ("a:\n- 1\n- !!binary aGk=", "line 3, a[1]: the tag !!binary is not supported"),
        ("a: !!set {x, y}", "line 1, a: the tag !!set is not supported"),
        ("a: !!timestamp 2024-01-01", "line 1, a: the tag !!timestamp is not supported"),
        ("a: !!omap [x: 1]", "line 1, a: the tag !!omap is not supported"),
        ("a: !!python/name:os.system x", "line 1, a: the tag !!python/name:os.system is not supported"),
        ("a: !vault x", "line 1, a: the tag !vault is not supported"),
        ("a: !!int x", "line 1, a: is not a value of type int"),
        ('a: "\\ud83d"', "line 1, a: contains half of a surrogate pair"),
        ("a: 1\n\na: 2", "line 3, a: duplicate key; the first is in line 1"),
        ("a:\n  no: 1\n  'no': 2", "line 3, a.no: duplicate key; the first is in line 2"),
        ("a: &a {b: *a}", "line 1, a.b: the alias refers to itself"),
        ("a: &a [*a]", "line 1, a[0]: the alias refers to itself"),
        ("a: &a {<<: *a}", "line 1, a: the alias refers to itself"),
        ("a: {<<: 1}", "line 1, a: << must refer to an object"),
        ("a: {<<: [1]}", "line 1, a: << must refer to an object"),
        ("a: {<<: &b {<<: &c {<<: *b}}}", "line 1, a: the alias refers to itself"),
        ("a:\n  <<: {8080: http}", "line 2, a: the key 8080 must be text"),
        ("a: {<<: {? !!str [b] : c}}", "line 1, a: a key must be text"),
        ("x: &x {1: a}\na: {<<: *x}\nb: {<<: *x}", "line 1, x: the key 1 must be text"),
        ("a: 1\nb: *c", "line 2: invalid YAML: found undefined alias"),
        ("a: 1\nb: {", "line 2: invalid YAML: "),
        ("a: 1\n\tb: 2", "line 2: invalid YAML: "),
        ("a: 1\nb: \x07", 'line 2: the character U+0007 is not allowed; write it as "\\u0007"'),
        ("a: 1\nb: x\u2028y", 'line 2: the character U+2028 is not allowed; write it as "\\u2028"'),
        ("a: 1\n---\nb: 2", "line 2: a second document starts here"),
        ("a: 1\n---\n", "line 2: a second document starts here"),
        ("# a\n---\na: 1\n...\n---\nb: 1", "line 5: a second document starts here"),
        ("- a", "line 1, top: must be an object"),
        ("\n\nworkspaces", "line 3, top: must be an object"),
        ("a: " + "[" * 5000, "invalid YAML: nested too deeply"),
        (b"a: 1\nb: \xe9", "line 2: is not UTF-8 (byte 0xe9); save it as UTF-8"),
        (codecs.BOM_UTF16_LE + "a: 1".encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + "a: 1".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF32_LE + "a: 1".encode("utf-32-le"), "is UTF-32; save it as UTF-8"),
        ("a: 1".encode("utf-16-le"), "is not text, or UTF-16 without a byte order mark; save it as UTF-8"),
    ],
)
def test_what_is_not_json_is_rejected_in_one_line_with_its_place(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    found = problem(tmp_path, text)
    assert found.startswith("estate.yaml")
    assert told in found
    assert "\n" not in found


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing yet\n", "---\n", "---\n# x\n...\n", "null", "~", "--- ~", "\ufeff"]
)
def test_a_file_without_content_is_rejected(tmp_path: Path, text: str) -> None:
    assert problem(tmp_path, text) == "estate.yaml: contains no objects; write {} for an estate without any"


def test_a_byte_order_mark_of_utf_8_is_accepted(tmp_path: Path) -> None:
    assert parsed(tmp_path, codecs.BOM_UTF8 + b"a: 1") == {"a": 1}


def test_aliases_that_multiply_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wallaroo_pulumi.estate.document._MOST_VALUES", 10_000)  # a million takes seconds
    lines = ["x0: &x0 [1, 1]", *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10))]
    assert "more than 10000 values" in problem(tmp_path, "\n".join(lines))


def test_merge_keys_that_multiply_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wallaroo_pulumi.estate.document._MOST_VALUES", 10_000)
    lines = ["x0: &x0 {a: 1}"]
    lines += [f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 9)}]}}" for n in range(1, 7)]
    assert "more than 10000 values" in problem(tmp_path, "\n".join(lines))


def test_a_merged_key_beyond_u_ffff_is_one_character(tmp_path: Path) -> None:
    assert parsed(tmp_path, 'a: {<<: {"\\ud83d\\ude00": 1}}') == {"a": {"😀": 1}}


def test_a_name_that_is_no_file_name(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match=r"cannot be read: embedded null byte"):
        read(tmp_path / "a\0b")


def test_every_problem_is_told(tmp_path: Path) -> None:
    assert len(problem(tmp_path, "a: {1: x, 2: y}\nb: .nan\nc: !x y").splitlines()) == 4


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match=r"none.yaml: cannot be read: No such file or directory"):
        read(tmp_path / "none.yaml")


AMBIGUOUS = st.sampled_from(
    [
        *(
            "no",
            "NO",
            "on",
            "y",
            "~",
            "null",
            "",
            "012",
            "0o7",
            "0x1",
            "1e3",
            "1_0",
            "1:30",
            ".inf",
            "2024-01-01",
        ),
        *(
            "<<",
            "=",
            "- a",
            "a: b",
            "a #b",
            "#",
            "'",
            '"',
            "%",
            "@",
            "`",
            "!",
            "&a",
            "*a",
            "|",
            ">",
            "?",
            " a ",
        ),
        *(
            "a\n",
            "\ta",
            "\x85",
            "\u2028",
            "\ufeff",
            "\x00",
            "\x1b",
            "\r\n",
            "a\n b\n\n c",
            "é",
            "😀",
            "-",
            "---",
        ),
        *("...", "{", "[]", ",", "a" * 200, "a b " * 50),
    ]
)
TEXT = AMBIGUOUS | st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_what_is_written_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    found = parsed(tmp_path_factory.getbasetemp(), to_yaml(value))
    assert found == value
    assert repr(found) == repr(value), "the types too: 1 and 1.0, and the order of the keys"


@pytest.mark.parametrize("scalar", ["no", "on", "12:30", "2024-01-01", "012", "1_0", "0o7"])
def test_what_other_readers_take_for_something_else_is_quoted(scalar: str) -> None:
    assert to_yaml({scalar: scalar}) == f"'{scalar}': '{scalar}'\n"
