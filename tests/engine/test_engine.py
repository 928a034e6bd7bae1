"""The engine itself, official or built here: tiny programs without Wallaroo, one for each thing that we rely on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi_project import Project, Run

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN_TEXT

Make = Callable[[str], Project]


THINGS = '''\
"""A dynamic resource that keeps its objects in a folder, one file each."""

import os
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

FOLDER = Path(os.environ["THINGS"])


class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, req):
        self.greeting = req.config.get("test:greeting")

    def create(self, props):
        if props["name"] == "refused":
            raise ValueError("the thing 'refused' is refused")
        if props["name"] == "slow":
            (FOLDER / "begun").write_text("begun")  # a pipe: the test takes part
            (FOLDER / "go-on").read_text()
        (FOLDER / props["name"]).write_text(props["text"])
        return CreateResult(props["name"], {**props, "size": len(props["text"]), "greeting": self.greeting})

    def diff(self, id, olds, news):
        replaces = ["name"] if olds["name"] != news["name"] else []
        return DiffResult(changes=bool(replaces) or olds["text"] != news["text"], replaces=replaces)

    def update(self, id, olds, news):
        (FOLDER / id).write_text(news["text"])
        return UpdateResult({**olds, **news, "size": len(news["text"])})

    def read(self, id, props):
        file = FOLDER / id
        if not file.exists():
            return ReadResult("", {})
        text = file.read_text()
        inputs = {"name": id, "text": text}
        return ReadResult(id, {**props, **inputs, "size": len(text)}, inputs)

    def delete(self, id, props):
        (FOLDER / id).unlink(missing_ok=True)


class Thing(Resource, module="test", name="Thing"):
    size: pulumi.Output[int]
    greeting: pulumi.Output[str]

    def __init__(self, resource_name, name, text, opts=None):
        props = {"name": name, "text": text, "size": None, "greeting": None}
        super().__init__(Provider(), resource_name, props, opts)
'''

PROGRAM = """
    import pulumi
    from things import Thing

    text = pulumi.Config("test").get("text") or "abc"
    first = Thing("first", "one", text)
    second = Thing("second", "two", first.size.apply(lambda size: f"{size} letters"))
    pulumi.export("size", first.size)
    pulumi.export("greeting", first.greeting)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the things of :data:`THINGS` are made."""
    folder = tmp_path / "things"
    folder.mkdir()
    return folder


@pytest.fixture
def things(project: Make, folder: Path) -> Project:
    """A project with two things, the second made from the first."""
    stack = project(PROGRAM)
    stack.env = {**stack.env, "THINGS": str(folder)}
    (stack.folder / "things.py").write_text(THINGS)
    return stack


def resources(stack: Project) -> dict[str, dict[str, Any]]:
    """The things in the state: name → id, inputs, outputs, and so on."""
    state = json.loads(stack.export())["deployment"].get("resources", [])
    return {r["urn"].rpartition("::")[2]: r for r in state if r["type"].endswith(":Thing")}


def events(stack: Project, *command: str) -> tuple[Run, dict[str, list[Any]]]:
    """A finished operation and the engine's own account of it: kind of event → events, in order."""
    log = stack.folder / "events.json"
    log.unlink(missing_ok=True)
    # The switch makes --event-log known; the Automation API sets it too.
    run = stack.pulumi(*command, "--event-log", str(log), env={"PULUMI_DEBUG_COMMANDS": "true"})
    found: dict[str, list[Any]] = {}
    for line in log.read_text().splitlines():
        for kind, event in json.loads(line).items():
            found.setdefault(kind, []).append(event)
    return run, found


def errors(found: dict[str, list[Any]]) -> list[str]:
    return [e["message"] for e in found.get("diagnosticEvent", []) if e["severity"] == "error"]


@pytest.mark.sdk_range
def test_lifecycle_of_a_dynamic_resource(things: Project, folder: Path) -> None:
    things.configure({"greeting": "good day"}, namespace="test")
    assert things.planned() == {"first": "create", "second": "create"}
    assert not list(folder.iterdir())

    things.up().ok()
    assert things.changes() == {"create": 3}
    assert (folder / "two").read_text() == "3 letters"
    assert things.outputs() == {"size": 3, "greeting": "good day"}
    assert resources(things)["first"]["type"] == "pulumi-python:dynamic/test:Thing"
    assert resources(things)["first"]["outputs"]["size"] == 3

    things.up("--expect-no-changes").ok()

    things.configure({"text": "abcdef"}, namespace="test")
    things.up().ok()
    assert things.changes() == {"update": 2, "same": 1}

    (folder / "one").write_text("changed by hand")
    (folder / "two").unlink()
    things.refresh().ok()
    assert {name: thing["inputs"]["text"] for name, thing in resources(things).items()} == {
        "first": "changed by hand"
    }
    assert things.planned() == {"first": "update", "second": "create"}

    things.destroy().ok()
    assert resources(things) == {}
    assert not list(folder.iterdir())


def test_a_preview_shows_what_it_cannot_know(things: Project) -> None:
    second = next(s for s in things.preview()["steps"] if s["urn"].endswith("::second"))
    assert second["newState"]["inputs"]["text"] == UNKNOWN_TEXT


def test_a_change_that_replaces(things: Project) -> None:
    things.up().ok()
    things.write(PROGRAM.replace('"one"', '"uno"'))
    _, found = events(things, "preview")
    steps = [e["metadata"] for e in found["resourcePreEvent"] if e["metadata"]["urn"].endswith("::first")]
    assert {step["op"] for step in steps} == {"create-replacement", "replace", "delete-replaced"}
    assert [step["keys"] for step in steps if step["op"] == "replace"] == [["name"]]


def test_secret_configuration_reaches_the_program_and_not_the_state(things: Project) -> None:
    things.pulumi("config", "set", "--secret", "test:greeting", "hush").ok()
    things.write("import pulumi\npulumi.export('greeting', pulumi.Config('test').require_secret('greeting'))")
    things.up().ok()
    assert things.outputs() == {"greeting": "[secret]"}
    assert json.loads(things.pulumi("stack", "output", "--json", "--show-secrets").ok().out) == {
        "greeting": "hush"
    }
    assert "hush" not in things.export()


def test_an_error_of_the_program_is_shown_once_with_its_line(project: Make) -> None:
    run, found = events(project("import pulumi\nraise ValueError('no such luck')"), "up", "--yes")
    assert run.code != 0
    (error,) = errors(found)
    assert "ValueError: no such luck" in error
    assert "__main__.py" in error


def test_a_program_that_exits_by_itself(project: Make) -> None:
    stack = project("import sys\nprint('to the user')\nsys.exit(3)")
    run, found = events(stack, "up", "--yes", "--skip-preview")
    assert run.code != 0
    assert any("exited with non-zero exit code: 3" in error for error in errors(found))
    assert "to the user" in run.out


def test_a_missing_program_is_said(project: Make) -> None:
    stack = project("")
    (stack.folder / "__main__.py").unlink()
    run = stack.up()
    assert run.code != 0
    assert "__main__.py" in run.text


def test_an_error_of_the_provider_reaches_the_user(things: Project) -> None:
    things.write("from things import Thing\nThing('bad', 'refused', 'x')")
    run, found = events(things, "up", "--yes", "--skip-preview")
    assert run.code != 0
    assert any("the thing 'refused' is refused" in error for error in errors(found))
    assert resources(things) == {}


def test_program_and_provider_run_in_the_virtual_environment_of_the_project(things: Project) -> None:
    assert Path(sys.prefix, "pyvenv.cfg").exists(), "the tests run in a virtual environment"
    _use_virtualenv(things, sys.prefix)
    without_it = things.env["PATH"].split(os.pathsep)[1:]
    things.env = {**things.env, "PATH": os.pathsep.join(without_it)}
    things.write(PROGRAM + "    import sys\n    pulumi.export('prefix', sys.prefix)\n")
    things.up().ok()
    assert things.outputs()["prefix"] == sys.prefix
    assert things.outputs()["size"] == 3


def test_a_folder_that_is_no_virtual_environment_is_an_error_that_names_it(project: Make) -> None:
    stack = project("import pulumi")
    (stack.folder / "nowhere").mkdir()
    (stack.folder / "nowhere/file").touch()
    _use_virtualenv(stack, "nowhere")
    run = stack.up()
    assert run.code != 0
    assert "nowhere" in run.text


def _use_virtualenv(stack: Project, folder: str) -> None:
    runtime = {"name": "python", "options": {"virtualenv": folder}}
    # JSON is YAML.
    (stack.folder / "Pulumi.yaml").write_text(json.dumps({"name": "estate", "runtime": runtime}))


PACK = """\
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def no_short_text(args, report_violation):
    if args.resource_type.endswith(":Thing") and args.props["text"] == "abc":
        report_violation("the text is too short")


PolicyPack(
    "tests",
    [ResourceValidationPolicy("no-short-text", "Texts are long.", no_short_text)],
    EnforcementLevel.MANDATORY,
)
"""


def test_a_policy_pack_is_enforced(things: Project, folder: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (pack / "PulumiPolicy.yaml").write_text(json.dumps({"runtime": runtime, "version": "0.0.1"}))
    (pack / "__main__.py").write_text(PACK)

    run, found = events(things, "up", "--yes", "--skip-preview", "--policy-pack", str(pack))
    assert run.code != 0
    (violation,) = found["policyEvent"]
    assert violation["policyName"] == "no-short-text"
    assert violation["enforcementLevel"] == "mandatory"
    assert "the text is too short" in violation["message"]
    assert not list(folder.iterdir())

    things.configure({"text": "long enough"}, namespace="test")
    run, found = events(things, "up", "--yes", "--skip-preview", "--policy-pack", str(pack))
    run.ok()
    assert "policyEvent" not in found
    assert list(found["summaryEvent"][-1]["PolicyPacks"].values()) == ["0.0.1"]


def start_sleeper(stack: Project, pipe: Path) -> subprocess.Popen[str]:
    """Run a program that says so in a pipe and then sleeps; its end closes the pipe."""
    os.mkfifo(pipe)
    stack.write(
        f"""
        import time
        pipe = open({str(pipe)!r}, "w", buffering=1)
        print("running", file=pipe)
        time.sleep(3600)
        """
    )
    return stack.start("up", "--yes", "--skip-preview")


def test_an_interrupt_ends_the_program_and_the_run(project: Make, tmp_path: Path) -> None:
    stack = project("")
    process = start_sleeper(stack, tmp_path / "pipe")
    with (tmp_path / "pipe").open() as program:
        assert program.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        assert program.read() == ""
    out, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "cancel" in (out + err).lower()
    stack.write("import pulumi")
    stack.up().ok()  # neither a lock nor a pending operation stays


def test_an_interrupt_lets_a_create_finish_and_records_it(things: Project, folder: Path) -> None:
    things.write("from things import Thing\nThing('long', 'slow', 'x')")
    for pipe in ("begun", "go-on"):
        os.mkfifo(folder / pipe)
    process = things.start("up", "--yes", "--skip-preview")
    assert (folder / "begun").read_text() == "begun"
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert any("cancelling" in line for line in process.stdout)  # reads on until the engine has taken notice
    (folder / "go-on").write_text("go on")
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert resources(things)["long"]["outputs"]["size"] == 1


def test_nothing_outlives_an_engine_that_is_killed(project: Make, engine: Path, tmp_path: Path) -> None:
    if not (engine / "language_host.py").exists():
        pytest.skip("a property of the language host built here")
    process = start_sleeper(project(""), tmp_path / "pipe")
    with (tmp_path / "pipe").open() as program:
        assert program.readline() == "running\n"
        process.kill()
        assert program.read() == ""
    process.communicate(timeout=120)


def test_the_automation_api_runs_a_program_that_is_a_function(things: Project, folder: Path) -> None:
    (things.folder / "inline.py").write_text(
        """
import json
import pulumi
from pulumi import automation
from things import Thing

def program():
    pulumi.export("size", Thing("inline", "one", "inline").size)

stack = automation.create_or_select_stack("test", project_name="inline", program=program)
done = stack.up()
stack.destroy()
print(json.dumps([done.summary.result, done.summary.resource_changes, done.outputs["size"].value]))
"""
    )
    env = {k: v for k, v in things.env.items() if k != "PULUMI_STACK"}
    done = subprocess.run(
        [sys.executable, "inline.py"],
        cwd=things.folder,
        env={**env, "PYTHONPATH": str(things.folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["succeeded", {"create": 2}, 6]
    assert not list(folder.iterdir())
