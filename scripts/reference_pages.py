"""The texts of docs/functions.md and docs/cli.md, generated from the code; ``scripts/generate.py`` writes them."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

import typer
from typer.cli import get_docs_for_click

from wallaroo_pulumi.adapters import builders, functions
from wallaroo_pulumi.cli import app
from wallaroo_pulumi.emulator.__main__ import parser as emulator_parser

FUNCTIONS_HEAD = """\
# Functions and builders

<!-- Generated from the code by `make generate`; the text around it is in scripts/reference_pages.py. -->

Functions read existing objects. Builders create inputs of Pipeline and Deployment. The package exports both:
`wallaroo_pulumi.get_workspace`.

## Functions

Each function sends a request when the program runs, in previews too, and returns a plain result. If the object does
not exist or the user cannot see it, the program stops with one line.

`get_workspace_output` and the other `_output` variants accept Pulumi inputs and return a `pulumi.Output` of the same
result. Use them for arguments that are known only after another resource was created:

```python
import pulumi
import wallaroo_pulumi as wallaroo

shared = wallaroo.get_workspace(name="shared")
wallaroo.WorkspaceMember("reader", workspace_id=shared.workspace_id, email="mary.jane@example.com")

workspace = wallaroo.Workspace("fraud", name="fraud-prod")
found = wallaroo.get_workspace_output(name=workspace.name)
pulumi.export("created_at", found.created_at)
```

With the [native plugin](how-to/native-plugin.md), `wallaroo_pulumi.native` exports the same functions. They also accept
`opts`, such as `pulumi.InvokeOptions(provider=europe)`.
"""

CLI_HEAD = """\
# Commands

<!-- Generated from the code by `make generate`; the text around it is in scripts/reference_pages.py. -->

Results go to standard output, everything else to standard error. `python -m wallaroo_pulumi` is the same command. The
commands read the configuration of the stack that is selected in the current folder, and the environment.

| exit code | meaning |
|---|---|
| 0 | success; for `drift`: no differences |
| 1 | the command failed, or an option is invalid |
| 2 | `drift` found differences |

"""

EMULATOR = "## `wallaroo-pulumi emulator`"
"""The heading of the command whose options are its own parser's."""


def own(module: types.ModuleType, accepted: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """The public objects that a module defines itself, in the order of the source."""
    return (
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_") and accepted(value) and value.__module__ == module.__name__
    )


def markdown(docstring: str) -> str:
    """A docstring as Markdown: code in single quotes, parameters as a list."""
    return re.sub(r"^:param (\w+): ", r"- `\1`: ", docstring, flags=re.MULTILINE).replace("``", "`")


def section(name: str, value: Any, formatted: Callable[[str, str], str]) -> str:
    """The heading, signature and docstring of a function or class."""
    signature = re.sub(r"""((?::|->) )(["'])(.*?)\2""", r"\1\3", str(inspect.signature(value)))
    signature = signature.replace("<factory>", "{}")
    code = formatted(f"def {name}{signature}: ...", "signature.py").removesuffix(" ...\n").removesuffix(":")
    if inspect.isclass(value):
        code = code.removeprefix("def ").removesuffix(" -> None")
    return f"### {name}\n\n```python\n{code}\n```\n\n{markdown(inspect.getdoc(value) or '')}\n"


def result_table(result: type[Any]) -> str:
    """The fields of a result with their types and the text below them in the source."""
    source = inspect.getsource(result)
    lines = ["", "| field | type | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(result):
        after = re.search(rf'^    {field.name}: [^\n]*\n    """(.+?)"""', source, re.MULTILINE | re.DOTALL)
        meaning = markdown(" ".join(after[1].split())) if after else ""
        type_text = str(field.type).replace("|", "\\|")
        lines.append(f"| `{field.name}` | `{type_text}` | {meaning} |")
    return "\n".join(lines) + "\n"


def functions_page(formatted: Callable[[str, str], str]) -> str:
    """The functions, their results and the builders; ``formatted`` is the formatter of Python code."""
    parts = [FUNCTIONS_HEAD]
    for name, value in own(functions, inspect.isfunction):
        if name.startswith("get_") and not name.endswith("_output"):
            parts.append(section(name, value, formatted))
    parts.append("## Results\n")
    for name, value in own(functions, dataclasses.is_dataclass):
        parts.append(f"### {name}\n\n{markdown(inspect.getdoc(value) or '')}\n{result_table(value)}")
    parts.append("## Builders\n")
    for name, value in own(builders, lambda value: inspect.isfunction(value) or inspect.isclass(value)):
        parts.append(section(name, value, formatted))
    return "\n".join(parts)


def cli_page() -> str:
    """The commands and their options."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="wallaroo-pulumi", resilient_parsing=True)
    with context:
        text = get_docs_for_click(obj=command, ctx=context, name="wallaroo-pulumi")
    text = re.sub(r"(?<!`)``(?!`)", "`", text[text.index("**Usage**") : text.index(EMULATOR)])
    text = re.sub(r"^```console$", "```text", text, flags=re.MULTILINE)
    parser = emulator_parser()
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
    options = (
        f"Run a local Wallaroo ([emulator](emulator.md)).\n\n```text\n{parser.format_help().rstrip()}\n```"
    )
    return f"{CLI_HEAD}{text}{EMULATOR}\n\n{options}\n"
