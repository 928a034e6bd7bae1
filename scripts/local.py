"""Run the example estate on this machine: ``make up`` and the related targets.

Requires the virtual environment that make prepares. Without the address of an instance in the configuration or the
environment, the estate runs on the emulator. The emulator exits an hour after its last request, so that plain
``pulumi`` commands work in the meantime.

``.local/`` contains a passphrase, ``emulator/`` with the emulator's data and stack state, and ``state/`` with the stack
state for a real instance (``file://`` backends, unless PULUMI_BACKEND_URL is set). The two states are separate, because
state refers to objects by id, and the same id is another object on another instance.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from wallaroo_pulumi.config import TABLE

ROOT = Path(__file__).parent.parent
LOCAL = ROOT / ".local"
EMULATOR = LOCAL / "emulator"
RUNNING = EMULATOR / "running.json"
IDLE_EXIT = 3600
VARIABLES = {setting.key: setting.variables for setting in TABLE}
NAMING = ("apiUrl", "domain", "suffix")
"""The settings that identify an instance."""

NEXT = """
Next steps: edit stacks/estate/estate.yaml, then run
  make preview    show what would change
  make up         apply the changes
  make refresh    detect manual changes
  make destroy    destroy the stack's resources
  make down       stop the emulator

Plain pulumi commands:  eval "$(make -s env)"
A real instance:        pulumi config set wallaroo:domain wallaroo.example.com
                        pulumi config set wallaroo:username ops@example.com
                        pulumi config set --secret wallaroo:password …
                        (README.md lists every key; `wallaroo-pulumi doctor` checks them)
                        then make preview and make up; its state is separate from the emulator's"""


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """Return the environment for plain pulumi commands, without backend and settings."""
    build = subprocess.run(
        [sys.executable, str(ROOT / "tools/engine/build.py")], stdout=subprocess.PIPE, text=True, check=False
    )
    if build.returncode:
        sys.exit(build.returncode)
    EMULATOR.mkdir(parents=True, exist_ok=True)
    env = {
        "PATH": os.pathsep.join(
            [str(Path(sys.executable).parent), build.stdout.splitlines()[-1], os.environ.get("PATH", "")]
        ),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": os.environ.get("PULUMI_STACK", "local"),
    }
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & set(os.environ):
        passphrase = LOCAL / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(24))
        env["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
    return env


def select_stack(env: dict[str, str], folder: Path) -> None:
    """Select the stack with its state in this folder; create it if it does not exist."""
    if "PULUMI_BACKEND_URL" not in os.environ:
        state = folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        env["PULUMI_BACKEND_URL"] = f"file://{state}"
    selected = pulumi(env, "stack", "select", "--create", env["PULUMI_STACK"], capture=True)
    if selected.returncode:
        sys.exit(selected.returncode)


def pulumi(env: dict[str, str], *args: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", *args, "--cwd", str(ROOT)],
        env={name: value for name, value in {**os.environ, **env}.items() if value},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


def names_an_instance(env: dict[str, str]) -> bool:
    """Return whether the stack configuration or the environment contains the address of an instance."""
    if any(os.environ.get(name, "").strip() for key in NAMING for name in VARIABLES[key]):
        return True
    config = json.loads(pulumi(env, "config", "--json", capture=True).stdout or "{}")
    return any(f"wallaroo:{key}" in config for key in NAMING)


def running_emulator() -> dict[str, Any] | None:
    """Return the emulator's pid and URL if it responds, or None."""
    try:
        known: dict[str, Any] = json.loads(RUNNING.read_text())
        with urllib.request.urlopen(f"{known['url']}/v1/api/config", timeout=5):
            return known
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def start_emulator() -> dict[str, str]:
    """Start the emulator if necessary. Return the variables that point to it, and empty ones for all others."""
    with (LOCAL / "emulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = running_emulator()
        if known is None:
            known = _launch(port=_last_port())
        else:
            report(f"The emulator is running at {known['url']}.")
    # Variables for another instance (its Keycloak, a token) must not reach the emulator.
    others = dict.fromkeys((name for names in VARIABLES.values() for name in names if name in os.environ), "")
    return others | {
        "WALLAROO_API_URL": known["url"],
        "WALLAROO_CLIENT_SECRET": "api-client-secret",
        "WALLAROO_USER": "ops@example.com",
        "WALLAROO_PASSWORD": "ops-password",
    }


def _last_port() -> int:
    try:
        return int(json.loads(RUNNING.read_text())["url"].rsplit(":", 1)[1])
    except (OSError, ValueError, KeyError):
        return 0


def _launch(port: int) -> dict[str, Any]:
    log = EMULATOR / "log"
    command = [sys.executable, "-m", "wallaroo_pulumi.emulator", "--port", str(port)]
    command += ["--state", str(EMULATOR / "data.db"), "--idle-exit", str(IDLE_EXIT)]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=ROOT
        )
    for _ in range(300):
        first = next((line for line in log.read_text().splitlines() if line.startswith("http://")), None)
        if first:
            RUNNING.write_text(json.dumps({"pid": process.pid, "url": first.strip()}))
            report(f"The emulator of a Wallaroo instance is running at {first.strip()} (API: /v1/api/docs).")
            return {"pid": process.pid, "url": first.strip()}
        if process.poll() is not None:
            if "another version of the emulator" in log.read_text():
                aside = EMULATOR.rename(LOCAL / f"emulator-{time.strftime('%Y%m%d-%H%M%S')}")
                report(
                    f"Moved data of another emulator version to {aside.relative_to(ROOT)}; starting empty."
                )
                EMULATOR.mkdir()
                return _launch(port=0)
            if port:  # another process uses the previous port
                return _launch(port=0)
            sys.exit(f"the emulator did not start: {log.read_text().strip()[-500:]}")
        time.sleep(0.1)
    process.terminate()
    sys.exit(f"the emulator did not start within 30 seconds: see {log.relative_to(ROOT)}")


def stop_emulator() -> None:
    known = running_emulator()
    if known is None:
        report("The emulator is not running.")
        return
    os.kill(known["pid"], signal.SIGTERM)
    for _ in range(100):
        if running_emulator() is None:
            break
        time.sleep(0.1)
    else:
        sys.exit(f"the emulator (process {known['pid']}) is still running ten seconds after SIGTERM")
    report("Stopped the emulator. Its data is kept in .local/emulator.")


def main() -> int:
    command = sys.argv[1]
    if command == "down":
        stop_emulator()
        return 0
    env = environment()
    select_stack(env, EMULATOR)
    if names_an_instance(env):
        select_stack(env, LOCAL)
    else:
        env |= start_emulator()
        select_stack(env, EMULATOR)  # again: its folder may have been moved
    if command == "env":
        for name, value in env.items():
            print(f"export {name}={shlex.quote(value)}" if value else f"unset {name}")
        return 0
    options = {"preview": ["--diff"]}.get(command, ["--yes", "--skip-preview"])
    code = pulumi(env, command, *options).returncode
    if command == "up" and code == 0:
        print("\nOutputs:")
        pulumi(env, "stack", "output")
        print(NEXT)
    return code


if __name__ == "__main__":
    sys.exit(main())
