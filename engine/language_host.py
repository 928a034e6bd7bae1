"""Pulumi's language host for Python: starts programs and plugins for the engine, over gRPC.

The engine starts this with its own address as the last argument and reads the port from the first line of standard
output. It does what the official ``pulumi-language-python`` does for projects with plain virtual environments; other
toolchains and code generation are left to that.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from subprocess import PIPE
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as lang
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

ALREADY_REPORTED = 32
"""The exit code by which the program's runner says that the user has seen the error."""

EXEC = Path(__file__).parent / "pulumi-language-python-exec"
MESSAGE_SIZE = 400 * 1024 * 1024


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one engine. Every process it starts ends with the call that started it, and with the host."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: Any) -> Any:
        self._engine = request.engine_address or self._engine
        return lang.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        return lang.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return lang.GetRequiredPluginsResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return lang.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:
        command, env = python(request.info, context)
        told = subprocess.run([command, "--version"], capture_output=True, text=True, env=env, check=False)
        return lang.AboutResponse(executable=command, version=told.stdout.strip().removeprefix("Python "))

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        command, env = python(request.info, context)
        which = [] if request.transitiveDependencies else ["--not-required"]
        listed = subprocess.run(
            [command, "-m", "pip", "list", "--format", "json", *which],
            capture_output=True,
            env=env,
            check=False,
        )
        if listed.returncode:
            refuse(context, f"{command} -m pip list: {listed.stderr.decode()}")
        return lang.GetProgramDependenciesResponse(
            dependencies=[
                lang.DependencyInfo(name=package["name"], version=package["version"])
                for package in json.loads(listed.stdout)
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Make the virtual environment that the project names, and install its requirements."""
        folder = Path(request.info.program_directory or request.directory)
        commands: list[list[str]] = []
        target = virtualenv(request.info)
        if target and not (target / "bin/python").exists():
            commands.append([python_on_path(context), "-m", "venv", str(target)])
        if (folder / "requirements.txt").is_file():
            interpreter = str(target / "bin/python") if target else python_on_path(context)
            commands.append([interpreter, "-m", "pip", "install", "-r", "requirements.txt"])
        for command in commands:
            with self._child(context, command, folder, None, stdout=PIPE, stderr=PIPE) as child:
                for stream, chunk in both_streams(child):
                    yield lang.InstallDependenciesResponse(**{stream: chunk})
            if child.returncode:
                refuse(context, f"{' '.join(command)} ended with exit code {child.returncode}")

    def Run(self, request: Any, context: Any) -> Any:
        command, env = python(request.info, context)
        env["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        env["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        options = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        arguments = [part for name, value in options.items() if value for part in (f"--{name}", value)]
        program = [command, "-u", str(EXEC), *arguments, request.info.entry_point or ".", *request.args]
        with self._child(context, program, request.info.program_directory, env) as child:
            code = child.wait()
        if code == ALREADY_REPORTED:
            return lang.RunResponse(bail=True)
        return lang.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        command, env = python(request.info, context)
        env |= dict(pair.split("=", 1) for pair in request.env)
        response: Any = lang.RunPluginResponse
        directory = request.info.program_directory
        if request.kind == "analyzer":  # a policy pack
            plugin = [command, "-u", "-m", "pulumi.policy", *request.args, directory]
        else:
            plugin = [command, "-u", directory, *request.args]
        with self._child(context, plugin, request.pwd, env, stdout=PIPE, stderr=PIPE) as child:
            for stream, chunk in both_streams(child):
                yield response(**{stream: chunk})
            yield response(exitcode=child.wait())

    def Cancel(self, request: Any, context: Any) -> Any:
        # The engine waits for the answer, then for the end of this process: ten seconds and more if it stays.
        context.add_callback(self.leave)
        return empty_pb2.Empty()

    def leave(self) -> None:
        """End at once, with all that was started."""
        for child in list(self._children):
            child.kill()
        os._exit(0)

    @contextlib.contextmanager
    def _child(
        self,
        context: Any,
        command: list[str],
        cwd: str | Path,
        env: dict[str, str] | None,
        **streams: Any,
    ) -> Iterator[subprocess.Popen[bytes]]:
        child = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, **streams)
        self._children.add(child)
        if not context.add_callback(child.kill):  # the engine ends a plugin by hanging up; it did so already
            child.kill()
        try:
            yield child
            child.wait()
        finally:
            self._children.discard(child)


def both_streams(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """What a process writes, as it comes: ``("stdout" | "stderr", bytes)``."""
    parts: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def pump(name: str) -> None:
        while chunk := getattr(child, name).read1():
            parts.put((name, chunk))
        parts.put((name, b""))

    for name in ("stdout", "stderr"):
        threading.Thread(target=pump, args=(name,), daemon=True).start()
    still_open = 2
    while still_open:
        name, chunk = parts.get()
        if chunk:
            yield name, chunk
        else:
            still_open -= 1


def virtualenv(info: Any) -> Path | None:
    """The ``virtualenv`` option of the project's runtime, absolute; None when it is not given."""
    chosen = option(info, "virtualenv")
    return Path(info.root_directory, chosen) if chosen else None


def option(info: Any, name: str) -> str:
    return str(info.options[name]) if name in info.options else ""


def python(info: Any, context: Any) -> tuple[str, dict[str, str]]:
    """The interpreter for a program or plugin, and its environment.

    That of the ``virtualenv`` option, else PULUMI_PYTHON_CMD, else ``python3`` or ``python`` on PATH.
    """
    if option(info, "toolchain") not in ("", "pip"):
        refuse(context, f"the toolchain {option(info, 'toolchain')} needs the official Pulumi CLI")
    env = dict(os.environ)
    chosen = virtualenv(info)
    if chosen is None:
        return python_on_path(context), env
    if not (chosen / "bin/python").exists():
        refuse(context, f"the virtualenv of Pulumi.yaml, {chosen}, is none; run `pulumi install`")
    env["VIRTUAL_ENV"] = str(chosen)
    env["PATH"] = os.pathsep.join([str(chosen / "bin"), env.get("PATH", "")])
    env.pop("PYTHONHOME", None)
    return str(chosen / "bin/python"), env


def python_on_path(context: Any) -> str:
    chosen = os.environ.get("PULUMI_PYTHON_CMD")
    names = [chosen] if chosen else ["python3", "python"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        refuse(context, f"{' and '.join(names)} cannot be found on PATH")
    return found


def refuse(context: Any, text: str) -> NoReturn:
    """End the call; the engine shows ``text`` to the user."""
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
    raise AssertionError("abort raises")


def main() -> None:
    host = LanguageHost(engine=sys.argv[-1] if len(sys.argv) > 1 else "")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: host.leave())
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_SIZE),
            ("grpc.max_send_message_length", MESSAGE_SIZE),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.buffer.read()  # the engine holds the other end: this returns when it is gone, even if it was killed
    host.leave()


if __name__ == "__main__":
    main()
