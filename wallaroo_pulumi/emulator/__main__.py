"""`python -m wallaroo_pulumi.emulator`: the emulator alone, without Pulumi."""

import argparse
import sys
from pathlib import Path

from .server import serve
from .settings import Settings


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options; docs/cli.md shows its help."""
    parser = argparse.ArgumentParser(
        prog="wallaroo-pulumi emulator", description="Run a local Wallaroo on 127.0.0.1."
    )
    parser.add_argument(
        "--port", type=port_number, default=0, help="TCP port; 0 (the default) takes any free one"
    )
    parser.add_argument("--state", type=Path, help="SQLite file that keeps everything between runs")
    parser.add_argument(
        "--access-token-lifetime", type=natural_number, metavar="SECONDS", help="for all clients"
    )
    parser.add_argument(
        "--refresh-token-lifetime", type=natural_number, metavar="SECONDS", help="for all clients"
    )
    parser.add_argument(
        "--keycloak", metavar="URL", help="accept the tokens of this Keycloak (realm master) as well"
    )
    parser.add_argument(
        "--idle-exit", type=natural_number, metavar="SECONDS", help="end after so long without a request"
    )
    parser.add_argument(
        "--inference-log",
        type=natural_number,
        default=Settings.inference_log_length,
        metavar="N",
        help="records that the log of a pipeline keeps (default %(default)s)",
    )
    parser.add_argument(
        "--duplicate-workspace-names", action="store_true", help="let a workspace name be taken twice"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    return serve(
        Settings(
            port=given.port,
            state_file=given.state,
            access_token_lifetime=given.access_token_lifetime,
            refresh_token_lifetime=given.refresh_token_lifetime,
            keycloak_url=given.keycloak,
            idle_exit=given.idle_exit,
            inference_log_length=given.inference_log,
            unique_workspace_names=not given.duplicate_workspace_names,
        )
    )


def natural_number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def port_number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be between 0 and 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
