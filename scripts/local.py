"""Run the estate on this machine: ``make up`` and its sisters. Needs the virtual environment that make prepares.

Everything it keeps lies in ``.local/``: the stack's state (a ``file://`` backend, unless PULUMI_BACKEND_URL says
otherwise), its passphrase, and the emulator's data. The emulator is used unless the configuration or the environment
names an instance; it goes on running for an hour after its last request, so that plain ``pulumi`` commands work too.
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

ROOT = Path(__file__).parent.parent
LOCAL = ROOT / ".local"
EMULATOR = LOCAL / "emulator.json"
IDLE_EXIT = 3600
INSTANCE_KEYS = {
    "apiUrl": ("WALLAROO_API_URL", "WALLAROO_URL"),
    "domain": ("WALLAROO_DOMAIN",),
    "suffix": ("WALLAROO_SUFFIX",),
}

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
                        (README.md lists every key; `wallaroo-pulumi doctor` checks them)"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """The environment in which plain pulumi commands work on the local stack; without the emulator's settings."""
    build = subprocess.run(
        [sys.executable, str(ROOT / "engine/build.py")], stdout=subprocess.PIPE, text=True, check=False
    )
    if build.returncode:
        sys.exit(build.returncode)
    LOCAL.mkdir(exist_ok=True)
    env = {
        "PATH": os.pathsep.join(
            [str(Path(sys.executable).parent), build.stdout.splitlines()[-1], os.environ.get("PATH", "")]
        ),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": os.environ.get("PULUMI_STACK", "local"),
    }
    if "PULUMI_BACKEND_URL" not in os.environ:
        (LOCAL / "state").mkdir(exist_ok=True)
        env["PULUMI_BACKEND_URL"] = f"file://{LOCAL / 'state'}"
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & set(os.environ):
        passphrase = LOCAL / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(24))
        env["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
    return env


def pulumi(env: dict[str, str], *args: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pulumi", *args, "--cwd", str(ROOT)],
        env={**os.environ, **env},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


def names_an_instance(env: dict[str, str]) -> bool:
    """Whether the stack's configuration or the environment says which instance to use."""
    if any(os.environ.get(name) for names in INSTANCE_KEYS.values() for name in names):
        return True
    config = json.loads(pulumi(env, "config", "--json", capture=True).stdout or "{}")
    return any(f"wallaroo:{key}" in config for key in INSTANCE_KEYS)


def running_emulator() -> dict[str, Any] | None:
    """Its pid and URL, when it answers."""
    try:
        known: dict[str, Any] = json.loads(EMULATOR.read_text())
        with urllib.request.urlopen(f"{known['url']}/v1/api/config", timeout=5):
            return known
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def start_emulator() -> dict[str, str]:
    """Start the emulator unless it runs; returns the settings that reach it."""
    with (LOCAL / "emulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = running_emulator()
        if known is None:
            known = _launch(port=_last_port())
        else:
            say(f"The emulator runs at {known['url']}.")
    return {
        "WALLAROO_API_URL": known["url"],
        "WALLAROO_CLIENT_SECRET": "api-client-secret",
        "WALLAROO_USER": "ops@example.com",
        "WALLAROO_PASSWORD": "ops-password",
    }


def _last_port() -> int:
    try:
        return int(json.loads(EMULATOR.read_text())["url"].rsplit(":", 1)[1])
    except (OSError, ValueError, KeyError):
        return 0


def _launch(port: int) -> dict[str, Any]:
    log = LOCAL / "emulator.log"
    command = [sys.executable, "-m", "wallaroo_pulumi.emulator", "--port", str(port)]
    command += ["--state", str(LOCAL / "emulator.db"), "--idle-exit", str(IDLE_EXIT)]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=ROOT
        )
    for _ in range(300):
        first = next((line for line in log.read_text().splitlines() if line.startswith("http://")), None)
        if first:
            EMULATOR.write_text(json.dumps({"pid": process.pid, "url": first.strip()}))
            say(f"The emulator of a Wallaroo instance runs at {first.strip()} (API: /v1/api/docs).")
            return {"pid": process.pid, "url": first.strip()}
        if process.poll() is not None:
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
    say("The emulator is stopped; its data stays in .local/emulator.db.")


def main() -> int:
    command = sys.argv[1]
    if command == "down":
        stop_emulator()
        return 0
    env = environment()
    pulumi(env, "stack", "select", "--create", env["PULUMI_STACK"], capture=True)
    if not names_an_instance(env):
        env |= start_emulator()
    if command == "env":
        for name, value in env.items():
            print(f"export {name}={shlex.quote(value)}")
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
