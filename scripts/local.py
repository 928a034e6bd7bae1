"""Run the estate on this machine: ``make up`` and its sisters. Needs the virtual environment that make prepares.

The emulator is used unless the configuration or the environment names an instance; it goes on running for an hour after
its last request, so that plain ``pulumi`` commands work too. Everything that is kept lies in ``.local/``: a passphrase,
``emulator/`` with the emulator's data and the state of the stack on it, and ``state/`` with that of the stack on an
instance (``file://`` backends, unless PULUMI_BACKEND_URL says otherwise). The two are never mixed: state names objects
by ids, and those of one instance are other objects on another.
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
"""The settings that name an instance."""

NEXT = """
What next:
  edit stacks/estate/estate.yaml, then
  make preview    what would change
  make up         change it
  make refresh    find what was changed by hand
  make destroy    take everything out of the stack's hands
  make down       stop the emulator

Plain pulumi commands:  eval "$(make -s env)"
A real instance:        pulumi config set wallaroo:domain wallaroo.example.com
                        pulumi config set wallaroo:username ops@example.com
                        pulumi config set --secret wallaroo:password …
                        (README.md lists every key; `wallaroo-pulumi doctor` checks them)
                        then make preview and make up: its state is kept apart from the emulator's"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """The environment in which plain pulumi commands work; without backend and settings."""
    build = subprocess.run(
        [sys.executable, str(ROOT / "engine/build.py")], stdout=subprocess.PIPE, text=True, check=False
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
    """Use the stack whose state lies in the folder, made when it is not there."""
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
    """Whether the stack's configuration or the environment says which instance to use."""
    if any(os.environ.get(name, "").strip() for key in NAMING for name in VARIABLES[key]):
        return True
    config = json.loads(pulumi(env, "config", "--json", capture=True).stdout or "{}")
    return any(f"wallaroo:{key}" in config for key in NAMING)


def running_emulator() -> dict[str, Any] | None:
    """Its pid and URL, when it answers."""
    try:
        known: dict[str, Any] = json.loads(RUNNING.read_text())
        with urllib.request.urlopen(f"{known['url']}/v1/api/config", timeout=5):
            return known
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def start_emulator() -> dict[str, str]:
    """Start the emulator unless it runs; returns the settings that reach it, and empty ones for all others."""
    with (LOCAL / "emulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = running_emulator()
        if known is None:
            known = _launch(port=_last_port())
        else:
            say(f"The emulator runs at {known['url']}.")
    # What the environment says of another instance (its Keycloak, a token) is not for this one.
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
            say(f"The emulator of a Wallaroo instance runs at {first.strip()} (API: /v1/api/docs).")
            return {"pid": process.pid, "url": first.strip()}
        if process.poll() is not None:
            if "another version of the emulator" in log.read_text():
                aside = EMULATOR.rename(LOCAL / f"emulator-{time.strftime('%Y%m%d-%H%M%S')}")
                say(f"What an older emulator kept lies in {aside.relative_to(ROOT)}; this one begins anew.")
                EMULATOR.mkdir()
                return _launch(port=0)
            if port:  # somebody else has the port of last time
                return _launch(port=0)
            sys.exit(f"the emulator did not start: {log.read_text().strip()[-500:]}")
        time.sleep(0.1)
    process.terminate()
    sys.exit(f"the emulator did not start within 30 seconds: see {log.relative_to(ROOT)}")


def stop_emulator() -> None:
    known = running_emulator()
    if known is None:
        say("The emulator does not run.")
        return
    os.kill(known["pid"], signal.SIGTERM)
    for _ in range(100):
        if running_emulator() is None:
            break
        time.sleep(0.1)
    else:
        sys.exit(f"the emulator (process {known['pid']}) still runs ten seconds after it was told to stop")
    say("The emulator is stopped; its data stays in .local/emulator.")


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
        select_stack(env, EMULATOR)  # again: it may have been moved aside
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
