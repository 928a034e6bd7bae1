"""The estate file: what it may contain, and how its problems are reported."""

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
    assert all(part.members for part in example.workspaces.values())


def test_defaults_and_canonical_forms(tmp_path: Path) -> None:
    text = """
        users:
          Ada@Example.com: {}
        workspaces:
          empty: {}
          fraud:
            protect: true
            members: {Mary.Jane@example.com: owner, 5b0c: COLLABORATOR}
    """
    found = load(tmp_path, text)
    assert list(found.users) == ["ada@example.com"]
    assert found.workspaces["empty"] == estate.WorkspacePart()
    fraud = found.workspaces["fraud"]
    assert (fraud.adopt, fraud.protect) == ("if_empty", True)
    assert fraud.members == {"mary.jane@example.com": "OWNER", "5b0c": "COLLABORATOR"}


def test_an_estate_without_objects(tmp_path: Path) -> None:
    assert load(tmp_path, "{}") == estate.Estate.model_validate({})
    assert load(tmp_path, "users: {}\nworkspaces: {}\nconnections: {}") == estate.Estate.model_validate({})


def test_keys_that_begin_with_x_are_for_anchors(tmp_path: Path) -> None:
    text = """
        x-team: &team {mary.jane@example.com: OWNER}
        x-anything: [1, ~, {a: b}]
        workspaces:
          a: {members: *team}
          b: {members: {<<: *team, john.hancock@example.com: COLLABORATOR}}
    """
    found = load(tmp_path, text)
    assert found.workspaces["a"].members == {"mary.jane@example.com": "OWNER"}
    assert len(found.workspaces["b"].members) == 2


def test_anchors_alone_are_no_empty_estate(tmp_path: Path) -> None:
    """Such a file, cut off after its anchors, would otherwise remove everything."""
    anchors = "x-team: &team {mary.jane@example.com: OWNER}\n"
    with pytest.raises(estate.EstateError, match=r"contains no objects, .*; write `users: \{\}`"):
        load(tmp_path, anchors)
    assert load(tmp_path, anchors + "users: {}") == estate.Estate.model_validate({})


def test_free_json_stays_as_it_is(tmp_path: Path) -> None:
    text = """
        connections:
          c:
            type: t
            details: {country: NO, since: 2024-01-01, account: 012345670123, on: ~, deep: [{x: 12:30:00}]}
    """
    assert load(tmp_path, text).connections["c"].details == {
        "country": "NO",
        "since": "2024-01-01",
        "account": 12345670123,
        "on": None,
        "deep": [{"x": "12:30:00"}],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "workspace: {}",
            ["line 1, workspace: is not a key of the estate file here; did you mean 'workspaces'?"],
        ),
        ("workspaces:\n  fraud:\n    colour: red", ["line 3, workspaces.fraud.colour: is not a key"]),
        (
            "workspaces:\n  fraud:\n    force_destroy: maybe",
            ["line 3, workspaces.fraud.force_destroy: must be"],
        ),
        ("workspaces: [fraud]", ["line 1, workspaces: must be"]),
        ("workspaces:\n  Fraud Prod: {}", ["line 2, workspaces.Fraud Prod: ", "'fraud-prod'"]),
        ("workspaces:\n  fraud:\n    adopt: sometimes", ["line 3", "'never', 'if_empty' or 'always'"]),
        (
            "workspaces:\n  a:\n    members:\n      m@example.com: BOSS",
            ["line 4", "'OWNER' or 'COLLABORATOR'"],
        ),
        ("workspaces:\n  a: {}\n  b: {}\n  a: {}", ["line 4, workspaces.a: duplicate key"]),
        (
            "workspaces:\n  a:\n    members:\n      M@x.org: OWNER\n      m@x.org: COLLABORATOR",
            ["line 5, workspaces.a.members.m@x.org: duplicate key: the same as 'M@x.org'"],
        ),
        ("users:\n  Ada@x.org: {}\n  ada@x.org: {}", ["line 3, users.ada@x.org: duplicate key"]),
        ("users:\n  Ada@x.org: {enabled: 7}", ["line 2, users.Ada@x.org.enabled: must be"]),
        ("users:\n  ada: {}", ["line 2, users.ada: an e-mail address is needed"]),
        ("users:\n  a@x.org:\n    first_name: 5", ["line 3", "must be text; put it in quotes"]),
        ("workspaces:\n  2024: {}", ["line 2, workspaces: the key 2024 must be text; put it in quotes"]),
        ("workspaces:\n  no: {colour: red}", ["line 2, workspaces.no.colour: is not a key"]),
        ("- a\n- b", ["line 1, top: "]),
        ("connections:\n  sales: {details: {}}", ["line 2, connections.sales.type: is required"]),
        ("connections:\n  sales:\n    type: s3\n    details: [a]", ["line 4, connections.sales.details: "]),
        (
            "connections:\n  s:\n    type: s3\n    details:\n      a: 1\n      map: {8080: http}",
            ["line 6, connections.s.details.map: the key 8080 must be text; put it in quotes"],
        ),
        (
            "connections:\n  s:\n    type: s3\n    details:\n      a: .nan",
            ["line 5, connections.s.details.a: NaN"],
        ),
        (
            "connections:\n  s:\n    type: s3\n    details: {a: 1}\n    secret_details: {a: b}",
            ["line 5, connections.s.secret_details.a: is also in details"],
        ),
        (
            "workspaces:\n  a:\n    connections:\n    - x\n    - y\n    - x",
            ["line 6, workspaces.a.connections[2]: duplicate entry 'x'"],
        ),
    ],
)
def test_a_problem_is_reported_with_file_line_and_path(tmp_path: Path, text: str, told: list[str]) -> None:
    found = problems(tmp_path, text)
    assert found.startswith("estate.yaml, line ")
    assert all(part in found for part in told), found
    assert "\n" not in found


@pytest.mark.parametrize("value", ["", "~", "null"])
@pytest.mark.parametrize(
    ("before", "path", "empty"),
    [
        ("users:", "users", "{}"),
        ("workspaces:", "workspaces", "{}"),
        ("connections:", "connections", "{}"),
        ("users:\n  a@x.org:", "users.a@x.org", "{}"),
        ("workspaces:\n  a:", "workspaces.a", "{}"),
        ("workspaces:\n  a:\n    members:", "workspaces.a.members", "{}"),
        ("workspaces:\n  a:\n    connections:", "workspaces.a.connections", "[]"),
        ("workspaces:\n  a:\n    models:", "workspaces.a.models", "{}"),
        ("workspaces:\n  a:\n    models:\n      m:", "workspaces.a.models.m", "{}"),
        ("workspaces:\n  a:\n    pipelines:", "workspaces.a.pipelines", "{}"),
        ("workspaces:\n  a:\n    pipelines:\n      p:", "workspaces.a.pipelines.p", "{}"),
        (
            "workspaces:\n  a:\n    pipelines:\n      p:\n        steps:",
            "workspaces.a.pipelines.p.steps",
            "[]",
        ),
        (
            "workspaces:\n  a:\n    pipelines:\n      p:\n        steps: []\n        deploy:",
            "workspaces.a.pipelines.p.deploy",
            "{}",
        ),
        ("connections:\n  c:", "connections.c", "{}"),
        ("connections:\n  c:\n    type: t\n    details:", "connections.c.details", "{}"),
        ("connections:\n  c:\n    type: t\n    secret_details:", "connections.c.secret_details", "{}"),
        (
            "workspaces:\n  a:\n    models:\n      m:\n        path: x.onnx\n        framework: onnx\n"
            "        requirements:",
            "workspaces.a.models.m.requirements",
            "[]",
        ),
        (
            "workspaces:\n  a:\n    models:\n      m:\n        path: x.onnx\n        framework: onnx\n"
            "        openai:\n          completion_config:",
            "workspaces.a.models.m.openai.completion_config",
            "{}",
        ),
    ],
)
def test_a_key_without_a_value_is_an_error(
    tmp_path: Path, before: str, path: str, empty: str, value: str
) -> None:
    (tmp_path / "x.onnx").write_bytes(b"x")
    line = before.count("\n") + 1
    assert (
        problems(tmp_path, f"{before} {value}")
        == f"estate.yaml, line {line}, {path}: has no value; write {empty} if it is empty"
    )


def test_a_scalar_without_a_value_is_an_error(tmp_path: Path) -> None:
    for key in ("first_name", "is_admin"):
        assert problems(tmp_path, f"users:\n  a@x.org:\n    {key}:") == (
            f"estate.yaml, line 3, users.a@x.org.{key}: has no value; give one, or remove the key"
        )


def test_every_problem_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, "workspaces:\n  a: {adopt: x}\n  b: {force_destroy: 7}").splitlines()
    assert len(found) == 2


# --- several files ----------------------------------------------------------------------------------------


def several(folder: Path, **texts: str) -> list[Path]:
    files = [folder / f"{name}.yaml" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text)
    return files


def test_several_files_are_one_estate(tmp_path: Path) -> None:
    files = several(
        tmp_path,
        people="users: {ada@x.org: {}}",
        fraud="workspaces: {fraud: {members: {ada@x.org: OWNER}}}",
        churn="workspaces: {churn: {}}",
    )
    found = estate.load(*files)
    assert (list(found.users), list(found.workspaces)) == (["ada@x.org"], ["fraud", "churn"])
    assert estate.load(tmp_path).workspaces.keys() == found.workspaces.keys()


def test_paths_are_relative_to_the_folder_of_the_first_file(tmp_path: Path) -> None:
    team = tmp_path / "teams/fraud"
    team.mkdir(parents=True)
    (team / "m.onnx").write_bytes(b"x")
    model = "workspaces: {fraud: {models: {m: {path: m.onnx, framework: onnx}}}}"
    files = [*several(tmp_path, all="{}"), *several(team, fraud=model)]
    assert estate.load(*files).workspaces["fraud"].models["m"].path == "teams/fraud/m.onnx"
    assert estate.load(files[1]).workspaces["fraud"].models["m"].path == "m.onnx"


def test_each_of_several_files_is_checked(tmp_path: Path) -> None:
    first, second, third = several(tmp_path, a="users: {a@x.org: {}}", b="# cut off\n", c="workspaces: {w: }")
    with pytest.raises(estate.EstateError) as caught:
        estate.load(first, second, third)
    assert str(caught.value).splitlines() == [
        f"{second}: contains no objects; write {{}} for an estate without any",
        f"{third}, line 1, workspaces.w: has no value; write {{}} if it is empty",
    ]


def test_an_object_in_two_files_is_an_error(tmp_path: Path) -> None:
    first, second = several(tmp_path, a="# x\nusers: {Ada@x.org: {}}", b="users:\n  ada@x.org: {}")
    with pytest.raises(estate.EstateError) as caught:
        estate.load(first, second)
    assert (
        str(caught.value)
        == f"{second}, line 2, users.ada@x.org: duplicate key; the first is in {first}, line 2"
    )


def test_names_of_files_may_be_text(tmp_path: Path) -> None:
    first, second = several(tmp_path, a="users: {a@x.org: {}}", b="workspaces: {w: {}}")
    assert estate.load(str(first), str(second)) == estate.load(first, second) == estate.load(str(tmp_path))


@pytest.mark.parametrize("denied", ["is_dir", "iterdir"])
def test_a_folder_that_may_not_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, denied, refuse)
    with pytest.raises(estate.EstateError) as caught:
        estate.load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: Permission denied"


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(estate.EstateError, match=r"contains no \.yaml file"):
        estate.load(tmp_path)
