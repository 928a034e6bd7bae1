"""The estate file: what it may say, and how its problems are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from wallaroo_pulumi import estate

ROOT = Path(__file__).parents[3]


def load(folder: Path, text: str) -> estate.Estate:
    file = folder / "estate.yaml"
    file.write_text(text)
    return estate.load(file)


def problems(folder: Path, text: str) -> str:
    with pytest.raises(estate.EstateError) as caught:
        load(folder, text)
    return str(caught.value).replace(str(folder / "estate.yaml"), "estate.yaml")


def test_the_example_is_good_and_has_three_workspaces_with_members() -> None:
    example = estate.load(ROOT / "stacks/estate/estate.yaml")
    assert len(example.workspaces) >= 3
    assert all(part and part.members for part in example.workspaces.values())


def test_defaults_and_canonical_forms(tmp_path: Path) -> None:
    text = """
        users:
          Ada@Example.com:
        workspaces:
          empty:
          fraud:
            protect: true
            members: {Mary.Jane@example.com: owner, 5b0c: COLLABORATOR}
    """
    found = load(tmp_path, text)
    assert list(found.users) == ["ada@example.com"]
    assert found.workspaces["empty"] is None
    fraud = found.workspaces["fraud"]
    assert fraud is not None
    assert (fraud.adopt, fraud.protect) == ("if_empty", True)
    assert fraud.members == {"mary.jane@example.com": "OWNER", "5b0c": "COLLABORATOR"}


def test_an_empty_file_is_an_empty_estate(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n") == estate.Estate()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workspace: {}", ["line 1, workspace: is not a key of the estate file here"]),
        ("workspaces:\n  fraud:\n    colour: red", ["line 3, workspaces.fraud.colour: is not a key"]),
        (
            "workspaces:\n  fraud:\n    force_destroy: maybe",
            ["line 3, workspaces.fraud.force_destroy: must be"],
        ),
        ("workspaces: [fraud]", ["line 1, workspaces: must be"]),
        ("workspaces:\n  Fraud Prod:", ["line 2, workspaces.Fraud Prod: ", "'fraud-prod'"]),
        ("workspaces:\n  fraud:\n    adopt: sometimes", ["line 3", "'never', 'if_empty' or 'always'"]),
        (
            "workspaces:\n  a:\n    members:\n      m@example.com: BOSS",
            ["line 4", "'OWNER' or 'COLLABORATOR'"],
        ),
        ("workspaces:\n  a:\n  b:\n  a:", ["line 4, workspaces.a: stands twice"]),
        (
            "workspaces:\n  a:\n    members:\n      M@x.org: OWNER\n      m@x.org: COLLABORATOR",
            ["line 5, workspaces.a.members.m@x.org: stands twice"],
        ),
        ("users:\n  Ada@x.org:\n  ada@x.org:", ["line 3, users.ada@x.org: stands twice"]),
        ("workspaces:\n  a: {", ["line 2: no good YAML"]),
        ("users:\n  ada:", ["line 2, users.ada: an e-mail address is needed"]),
        ("- a\n- b", ["line 1, top: "]),
        ("connections:\n  sales: {details: {}}", ["line 2, connections.sales.type: is required"]),
        ("connections:\n  sales:\n    type: s3\n    details: [a]", ["line 4, connections.sales.details: "]),
        (
            "workspaces:\n  a:\n    connections: [x, y, x]",
            ["line 3, workspaces.a.connections: x stands twice"],
        ),
    ],
)
def test_a_problem_is_told_with_file_line_and_path(tmp_path: Path, text: str, told: list[str]) -> None:
    found = problems(tmp_path, text)
    assert found.startswith("estate.yaml, line ")
    assert all(part in found for part in told), found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "told"),
    [("users: 2024-13-45", "put quotes around"), ("workspaces: &w {a: *w}", "refers to itself")],
)
def test_what_yaml_itself_stumbles_over_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    found = problems(tmp_path, text)
    assert told in found
    assert "\n" not in found


def test_every_problem_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, "workspaces:\n  a: {adopt: x}\n  b: {force_destroy: 7}").splitlines()
    assert len(found) == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(estate.EstateError, match="cannot be read"):
        estate.load(tmp_path / "none.yaml")
