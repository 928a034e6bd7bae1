"""Tags of model versions and pipelines, and the visibility of model versions, which GraphQL changes in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated import Emulated
from workbench import State, Workbench

from wallaroo_pulumi.core.diff import diff
from wallaroo_pulumi.errors import ApiError, ObjectError, OutcomeUnknown, WallarooError
from wallaroo_pulumi.resources import RESOURCES

URN = "urn:pulumi:dev::fraud::pulumi-python:dynamic/wallaroo:ModelVersion::ccfraud"
KINDS = ("ModelVersion", "Pipeline")
GRAPHQL = "/v1/graphql"


class Bench(Workbench):
    """With a workspace, and a program of one model and one pipeline."""

    def __init__(self, emulator: Emulated, folder: Path) -> None:
        super().__init__(emulator)
        (folder / "model.onnx").write_bytes(b"one")
        place = {"workspace_id": self.workspace()}
        model = {**place, "name": "ccfraud", "path": str(folder / "model.onnx"), "framework": "onnx"}
        self.program: dict[str, dict[str, Any]] = {
            "ModelVersion": model,
            "Pipeline": {**place, "name": "fraud", "steps": []},
        }

    def declared(self, kind: str, **more: Any) -> State:
        return self.create(kind, **self.program[kind], **more)

    def changed(self, kind: str, state: State, **more: Any) -> State:
        return self.update(kind, state, **{**self.program[kind], **more})

    def differences(self, kind: str, outputs: dict[str, Any], **more: Any) -> tuple[str, ...]:
        return diff(RESOURCES[kind], outputs, self.checked(kind, **{**self.program[kind], **more})).changed

    def attached(self, kind: str) -> list[str]:
        """The tags that the instance has on the only object of a kind."""
        table, tag_id = ("model_tags", "tag_id") if kind == "ModelVersion" else ("pipeline_tags", "tag_pk_id")
        contents = self.emulator.contents()
        texts = {tag["id"]: tag["tag"] for tag in contents["tags"]}
        return sorted(texts[row[tag_id]] for row in contents[table])

    def texts(self) -> list[str]:
        """The tags of the instance, whether something has them or not."""
        return sorted(tag["tag"] for tag in self.emulator.contents()["tags"])

    def tag_by_hand(self, kind: str, state: State, text: str) -> None:
        id = state[1]["modelVersionId" if kind == "ModelVersion" else "pipelineId"]
        tags = Workbench(self.emulator).client.tags
        tags.attach("model" if kind == "ModelVersion" else "pipeline", id, tags.create(text))

    def graphql(self) -> int:
        """How many GraphQL requests were sent since the last call."""
        sent = len(self.emulator.requests(GRAPHQL))
        self.emulator.forget_requests()
        return sent

    def reject_graphql(self, status: int = 403) -> None:
        body = (
            {"errors": [{"message": "not allowed"}]}
            if status == 200
            else {"msg": "not allowed", "code": status}
        )
        self.emulator.control("faults", path=GRAPHQL, count=99, status=status, body=body)


@pytest.fixture
def bench(emulator: Emulated, tmp_path: Path) -> Iterator[Bench]:
    with Bench(emulator, tmp_path) as bench:
        yield bench


@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_attached_detached_and_never_deleted(bench: Bench, kind: str) -> None:
    state = bench.declared(kind, tags=["fraud", "eu"])
    assert bench.attached(kind) == ["eu", "fraud"]
    assert state[1]["tags"] == ["fraud", "eu"]
    state = bench.changed(kind, state, tags=["eu", "prod"])
    assert bench.attached(kind) == ["eu", "prod"]
    state = bench.changed(kind, state, tags=[])
    assert bench.attached(kind) == []
    bench.delete(kind, state)
    assert bench.texts() == ["eu", "fraud", "prod"]


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_input_tags_are_left_alone_and_nothing_is_asked(bench: Bench, kind: str) -> None:
    state = bench.declared(kind)
    bench.tag_by_hand(kind, state, "by-hand")
    bench.new_process()
    bench.graphql()
    read = bench.read(kind, *state)
    assert read is not None
    assert read["tags"] is None
    assert bench.graphql() == 0
    state = bench.changed(kind, state, force_destroy=True)
    assert bench.attached(kind) == ["by-hand"]
    assert bench.differences(kind, read) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_no_longer_declared_tags_stay_on_the_object(bench: Bench, kind: str) -> None:
    state = bench.declared(kind, tags=["eu"])
    assert bench.differences(kind, state[1]) == ("tags",)
    bench.graphql()
    state = bench.changed(kind, state)
    assert bench.graphql() == 0
    assert bench.attached(kind) == ["eu"]

    # The state has forgotten them: others may change them, and declaring the same tags again is a change.
    assert state[1]["tags"] is None
    assert bench.differences(kind, state[1]) == ()
    assert bench.differences(kind, state[1], tags=["eu"]) == ("tags",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_finds_tags_changed_by_hand(bench: Bench, kind: str) -> None:
    state = bench.declared(kind, tags=["fraud", "eu"])
    bench.tag_by_hand(kind, state, "by-hand")
    bench.new_process()
    read = bench.read(kind, *state)
    assert read is not None
    assert read["tags"] == ["fraud", "eu", "by-hand"]
    assert bench.differences(kind, read, tags=["eu", "fraud"]) == ("tags",)
    bench.changed(kind, (state[0], read), tags=["eu", "fraud"])
    assert bench.attached(kind) == ["eu", "fraud"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_object_has_its_tags(bench: Bench, kind: str) -> None:
    id, _ = state = bench.declared(kind)
    read = bench.read(kind, id)
    assert read is not None
    assert read["tags"] is None
    bench.tag_by_hand(kind, state, "eu")
    bench.new_process()
    read = bench.read(kind, id)
    assert read is not None
    assert read["tags"] == ["eu"]
    assert bench.differences(kind, {**read, "adopted": True}) == ()


def test_objects_share_the_tags_of_the_instance(bench: Bench) -> None:
    for kind in KINDS:
        bench.declared(kind, tags=["eu"])
    assert bench.texts() == ["eu"]
    assert [bench.attached(kind) for kind in KINDS] == [["eu"], ["eu"]]


def test_many_tagged_objects_are_read_with_one_request(bench: Bench) -> None:
    states = {kind: bench.declared(kind, tags=["eu"]) for kind in KINDS}
    bench.new_process()
    bench.graphql()
    for kind, state in states.items():
        assert bench.read(kind, *state) is not None
    assert bench.graphql() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_adopted_object_gets_its_tags_back(bench: Bench, kind: str) -> None:
    bench.tag_by_hand(kind, bench.declared(kind), "theirs")
    bench.new_process()
    state = bench.declared(kind, tags=["ours"])
    assert state[1]["adopted"]
    assert bench.attached(kind) == ["ours"]
    state = bench.changed(kind, state, tags=["ours", "more"])
    bench.new_process()
    bench.delete(kind, state)
    assert bench.attached(kind) == ["theirs"]
    assert "stays with the tags that it had ('theirs')" in bench.said[-1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mutation", ["CreateTag", "AddTagTo"])
def test_a_lost_reply_creates_a_tag_once_and_attaches_it_once(
    bench: Bench, kind: str, mutation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = bench.client.graphql.execute
    lost: list[str] = []

    def losing(document: str, *arguments: Any) -> Any:
        answer = execute(document, *arguments)
        if f"mutation {mutation}" in document and not lost:
            lost.append(document)
            raise OutcomeUnknown("the reply was lost", may_still_run=False)
        return answer

    monkeypatch.setattr(bench.client.graphql, "execute", losing)
    bench.declared(kind, tags=["eu"])
    assert len(lost) == 1
    assert (bench.texts(), bench.attached(kind)) == (["eu"], ["eu"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 403, 404])
def test_where_graphql_is_rejected_tags_fail_before_anything_is_created(
    bench: Bench, kind: str, status: int
) -> None:
    bench.reject_graphql(status)
    before = bench.emulator.contents()
    with pytest.raises(ApiError, match="remove tags from the program, or have the account allowed") as failed:
        bench.declared(kind, tags=["eu"])
    assert "\n" not in str(failed.value)
    assert bench.emulator.contents() == before
    bench.declared(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_where_graphql_is_rejected_a_refresh_keeps_the_tags(bench: Bench, kind: str) -> None:
    state = bench.declared(kind, tags=["eu"])
    bench.reject_graphql()
    bench.new_process()
    read = bench.read(kind, *state)
    assert read is not None
    assert read["tags"] == ["eu"]


@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_checked(bench: Bench, kind: str) -> None:
    program = bench.program[kind]
    assert bench.failures(kind, **program, tags=["eu", ""])
    assert bench.checked(kind, **program, tags=["eu", "fraud", "eu"])["tags"] == ["eu", "fraud"]


def test_the_visibility_changes_in_place(bench: Bench) -> None:
    id, _ = state = bench.declared("ModelVersion")
    assert bench.differences("ModelVersion", state[1], visibility="public") == ("visibility",)
    _, outputs = state = bench.changed("ModelVersion", state, visibility="public")
    (version,) = bench.emulator.contents()["model_versions"]
    assert (version["id"], version["visibility"], outputs["visibility"]) == (int(id), "public", "public")
    bench.new_process()
    read = bench.read("ModelVersion", *state)
    assert read is not None
    assert read["visibility"] == "public"


def test_an_adopted_version_gets_its_visibility_back(bench: Bench) -> None:
    bench.declared("ModelVersion")
    bench.new_process()
    state = bench.changed("ModelVersion", bench.declared("ModelVersion"), visibility="public")
    bench.new_process()
    bench.delete("ModelVersion", state)
    assert [row["visibility"] for row in bench.emulator.contents()["model_versions"]] == ["private"]
    assert "stays private" in bench.said[-1]


@pytest.mark.parametrize("status", [200, 403])
def test_where_graphql_is_rejected_a_replacement_changes_the_visibility(bench: Bench, status: int) -> None:
    id, outputs = state = bench.declared("ModelVersion")
    bench.reject_graphql(status)
    news = bench.checked("ModelVersion", **{**bench.program["ModelVersion"], "visibility": "public"})
    with pytest.raises(WallarooError, match=f"run `pulumi up --replace '{URN}'`") as failed:
        bench.provider.update("ModelVersion", URN, id, outputs, news)
    assert "\n" not in str(failed.value)
    assert [row["visibility"] for row in bench.emulator.contents()["model_versions"]] == ["private"]
    replacement = bench.provider.create("ModelVersion", URN, news)
    bench.delete("ModelVersion", state)
    (version,) = bench.emulator.contents()["model_versions"]
    assert (str(version["id"]), version["visibility"]) == (replacement[0], "public")


def test_where_graphql_is_switched_off_the_error_contains_the_setting(
    bench: Bench, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = bench.declared("ModelVersion")
    monkeypatch.setattr(Emulated, "settings", {**emulator.settings, "graphql": "off"})
    with Workbench(emulator) as off:
        for changes in ({"visibility": "public"}, {"tags": ["eu"]}):
            with pytest.raises(ObjectError, match="GraphQL is switched off by wallaroo:graphql"):
                off.update("ModelVersion", state, **{**bench.program["ModelVersion"], **changes})
