"""Pulumi's language host for Python: starts programs and plugins for the engine, over gRPC.

The engine starts this process with its own address as the last argument, and reads the port from the first line of
standard output. Every call that is implemented behaves like the official ``pulumi-language-python`` of the same
version (tests/engine/test_language_host.py). Not implemented: code generation other than that of programs, debuggers,
and the stack's configuration in the environment of policy packs.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

import grpc
from google.protobuf import empty_pb2
from plugin_packages import installed_pulumi_packages, plugin_of
from protocol import language_pb2 as lang
from protocol import language_pb2_grpc, plugin_pb2
from toolchains import Toolchain, option, project_name, refuse, resolve

ALREADY_REPORTED = 32
"""The exit code by which the program's runner says that the user has seen the error."""

HERE = Path(__file__).parent
EXEC = HERE / "pulumi-language-python-exec"
CODEGEN = HERE / "codegen"
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
        """Report the installed packages that have a plugin; the engine then looks for a plugin of that version."""
        toolchain = resolve(request.info, context)
        toolchain.ensure(self._run_quietly(context))
        packages = installed_pulumi_packages(toolchain, context)
        return lang.GetRequiredPackagesResponse(packages=filter(None, map(plugin_of, packages)))

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "method GetRequiredPlugins not implemented")

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return lang.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:
        toolchain = resolve(request.info, context)
        script = "import platform, sys; print(sys.executable, platform.python_version(), sep='\\n')"
        executable, version = toolchain.output("-c", script).splitlines()
        metadata = {
            "toolchain": type(toolchain).__name__,
            "typechecker": option(request.info, "typechecker", context),
        }
        return lang.AboutResponse(executable=executable, version=version, metadata=metadata)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        packages = resolve(request.info, context).packages(direct_only=not request.transitiveDependencies)
        return lang.GetProgramDependenciesResponse(
            dependencies=[lang.DependencyInfo(name=name, version=version) for name, version in packages]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Create the virtual environment and install the requirements, and a plugin that is a package."""
        toolchain = resolve(request.info, context, plugin=request.is_plugin)
        folder = request.info.program_directory or request.directory
        for command in toolchain.install_commands(Path(folder), package=request.is_plugin):
            with self._child(context, command, folder, None, stdout=PIPE, stderr=PIPE) as child:
                for stream, chunk in both_streams(child):
                    yield lang.InstallDependenciesResponse(**{stream: chunk})
            if child.returncode:
                refuse(context, f"{' '.join(command)} ended with exit code {child.returncode}")

    def Run(self, request: Any, context: Any) -> Any:
        toolchain = resolve(request.info, context)
        toolchain.validate()
        if checker := option(request.info, "typechecker", context):
            self._check_types(toolchain, checker, request.info.program_directory, context)
        environment = toolchain.environment
        environment["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        environment["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
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
        program = [
            toolchain.python, "-u", str(EXEC), *arguments, request.info.entry_point or ".", *request.args
        ]  # fmt: skip
        with self._child(context, program, request.info.program_directory, environment) as child:
            code = child.wait()
        if code == ALREADY_REPORTED:
            return lang.RunResponse(bail=True)
        return lang.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def _check_types(self, toolchain: Toolchain, checker: str, folder: str, context: Any) -> None:
        """Run mypy or pyright on the program before it runs; errors end the call."""
        if checker not in ("mypy", "pyright"):
            refuse(context, f"unsupported typechecker option: {checker}")
        exclude = (
            ["--exclude", os.path.relpath(toolchain.venv, folder)]
            if checker == "mypy" and toolchain.venv
            else []
        )
        command = [toolchain.python, "-m", checker, *exclude, folder]
        with self._child(
            context, command, folder, toolchain.environment, stdout=PIPE, stderr=STDOUT
        ) as child:
            output = child.communicate()[0].decode()
        if child.returncode:
            refuse(context, f"{checker} failed: exit code {child.returncode}\n{output}")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        policy_pack = request.kind == "analyzer"
        toolchain = resolve(request.info, context, plugin=not policy_pack)
        directory = request.info.program_directory
        if package := packaged_plugin(request.info.root_directory, toolchain, context):
            plugin = ["-m", "pulumi.run.plugin", package, *request.args]
        elif policy_pack:
            plugin = ["-u", "-m", "pulumi.policy", *request.args, directory]
        else:
            plugin = [directory, *request.args]
        environment = toolchain.environment | dict(pair.split("=", 1) for pair in request.env)
        # A pack runs in its own folder, whatever folder the program runs in.
        cwd = directory if policy_pack else request.pwd
        with self._child(
            context, [toolchain.python, *plugin], cwd, environment, stdout=PIPE, stderr=PIPE
        ) as child:
            for stream, chunk in both_streams(child):
                response = lang.RunPluginResponse()
                setattr(response, stream, chunk)
                yield response
            yield lang.RunPluginResponse(exitcode=child.wait())

    def GenerateProgram(self, request: Any, context: Any) -> Any:
        """Write a program, for `pulumi import`. Pulumi's own generator does it, in a process of its own."""
        asked = {"source": dict(request.source), "loader": request.loader_target, "strict": request.strict}
        with self._child(
            context, [str(CODEGEN), "program"], HERE, None, stdin=PIPE, stdout=PIPE, stderr=PIPE
        ) as child:
            out, errors = child.communicate(json.dumps(asked).encode())
        if child.returncode:
            refuse(context, errors.decode().strip())
        made = json.loads(out)
        source = {name: text.encode() for name, text in made["source"].items()}
        return lang.GenerateProgramResponse(source=source, diagnostics=made["diagnostics"])

    def Cancel(self, request: Any, context: Any) -> Any:
        # The engine waits for the answer, then for the end of this process: ten seconds and more if it stays.
        context.add_callback(self.leave)
        return empty_pb2.Empty()

    def leave(self) -> None:
        """End at once, with all that was started."""
        for child in list(self._children):
            child.kill()
        os._exit(0)

    def _run_quietly(self, context: Any) -> Callable[[list[str], Path], None]:
        """Return a function that runs a command in a folder; a failure ends the call with its output."""

        def run(command: list[str], folder: Path) -> None:
            with self._child(context, command, folder, None, stdout=PIPE, stderr=STDOUT) as child:
                output = child.communicate()[0].decode()
            if child.returncode:
                refuse(context, f"{' '.join(command)} ended with exit code {child.returncode}:\n{output}")

        return run

    @contextlib.contextmanager
    def _child(
        self,
        context: Any,
        command: list[str],
        cwd: str | Path,
        env: dict[str, str] | None,
        **streams: Any,
    ) -> Iterator[subprocess.Popen[bytes]]:
        streams = {"stdin": subprocess.DEVNULL, **streams}
        child = subprocess.Popen(command, cwd=cwd, env=env, **streams)
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


def packaged_plugin(root: str, toolchain: Toolchain, context: Any) -> str | None:
    """Return the name of a plugin to run as an installed package; None to run the ``__main__.py`` of its folder."""
    if (Path(root) / "__main__.py").exists():
        return None
    toolchain.validate()
    probe = subprocess.run(
        [toolchain.python, "-c", "import pulumi.run.plugin"],
        env=toolchain.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ModuleNotFoundError" in probe.stderr:
        return None  # its pulumi is too old
    name = project_name(Path(root))
    if name is None:
        refuse(
            context, "plugin is not runnable, it provides neither __main__.py nor a buildable pyproject.toml"
        )
    return name


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
