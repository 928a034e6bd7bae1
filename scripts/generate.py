"""Generate ``adapters/classes.py``, types, and the docs pages of resources, policies and the estate file.

``make generate`` runs this. ``make check`` runs it with ``--check``, which writes nothing and fails if a committed file
is stale.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import examples
from estate_page import estate_page
from lookup_functions import dynamic_text, native_text
from native_module import native_module
from package_module import package_module
from plugin_schema import schema_text
from policies_page import policies_page
from python_types import (
    DOCS as DOCS_TYPES,
)
from python_types import (
    INPUT,
    OUTPUT,
    TABLE,
    VALUES,
    all_nested,
    input_type,
    is_plain,
    output_type,
    outputs,
    parameters,
    shapes_of,
    shapes_text,
    types_text,
)
from reference_pages import cli_page, functions_page

from wallaroo_pulumi.estate.schema import FILE_NAME, to_json
from wallaroo_pulumi.provider.schema import Kind, ListOf, MapOf, Named, OneOf, Plain, Property, Type

ROOT = Path(__file__).parent.parent

CLASSES = ROOT / "wallaroo_pulumi/adapters/classes.py"
TYPES = CLASSES.with_name("types.py")
SHAPES = CLASSES.with_name("shapes.py")
FUNCTIONS = CLASSES.with_name("functions.py")
PACKAGE = ROOT / "wallaroo_pulumi/__init__.py"
NATIVE = PACKAGE.with_name("native.py")
SCHEMA = CLASSES.parent / "plugin/schema.json"
NATIVE_FUNCTIONS = CLASSES.with_name("native_functions.py")
POLICY_DEFINITIONS = ROOT / "wallaroo_pulumi/policies/definitions.py"
DOCS = ROOT / "docs/resources"
SITE = ROOT / "mkdocs.yml"
VERSIONED = (
    "README.md",
    "docs/getting-started.md",
    "docs/how-to/native-plugin.md",
    "docs/how-to/policies.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("stacks/*/README.md")),
    "wallaroo_pulumi/policies/PulumiPolicy.yaml",
)
"""Files that contain the version of pyproject.toml."""

HEADER = '''\
"""The classes that programs import. Generated from the definitions in ``resources/`` by ``make generate``."""

from __future__ import annotations

# Does not import the kernel: a program that declares resources needs neither pydantic models nor HTTP.
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self

import pulumi

from . import shapes
from .inputs import Shape
from .program import WallarooResource

if TYPE_CHECKING:
    from .types import (
{types}
    )
'''


def choices(found: Type) -> tuple[str, ...]:
    """Return the allowed values of a text, also a nested one."""
    match found:
        case Plain(fixed=str() as value):
            return (value,)
        case Named(name, enumeration=True):
            return tuple(VALUES[name])
        case ListOf(inner) | MapOf(inner):
            return choices(inner)
        case OneOf(types):
            return next((values for one in types if (values := choices(one))), ())
    return ()


def described(each: Property, found: Type) -> str:
    """Return the description with the notes of markers and the allowed values."""
    notes = [*each.notes]
    if values := choices(found):
        notes.insert(0, "one of " + ", ".join(f"`{value}`" for value in values))
    return f"{each.text.rstrip('.')}{' (' + '; '.join(notes) + ')' if notes else ''}."


def wrapped(text: str, continued: str = "        ") -> list[str]:
    """Wrap a line of a docstring."""
    return textwrap.wrap(
        text, 105, initial_indent="        ", subsequent_indent=continued, break_on_hyphens=False
    )


def with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIO" else f"a {kind}"  # a User


def class_text(kind: Kind) -> str:
    inputs, all_outputs = parameters(kind), outputs(kind)
    secrets = [each.name for each in kind.outputs if each.secret]
    autonamed = next((each.name for each in inputs if each.autonamed), None)
    shapes = ", ".join(f'"{name}": {expression(shape)}' for name, shape in shapes_of(kind.outputs).items())
    from_id = ", ".join(f'"{name}": {type_}' for name, type_ in kind.from_id.items())
    lines = [
        f"class {kind.name}(WallarooResource):",
        textwrap.indent(f'"""{kind.text}\n"""', "    "),
        "",
        # Without annotations, which Pulumi would take for outputs and evaluate for each resource.
        f'    _kind = "{kind.name}"',
        "    _wire_names = {",
        *(f'        "{each.key}": "{each.name}",' for each in all_outputs),
        "    }",
        f"    _shapes = {{{shapes}}}",
        f"    _secrets = ({''.join(f'{s!r},' for s in secrets)})",
        f"    _from_id = {{{from_id}}}",
        f"    _autonamed = {autonamed!r}",
        "",
        "    def __init__(",
        "        self,",
        "        resource_name: str,",
        "        *,",
    ]
    for each in sorted(inputs, key=lambda each: not each.required):
        text = input_type(each)
        if not each.required:
            default = each.plain_default  # no mutable defaults in a signature; check fills in the default
            text = f"{text}{' | None' if default is None and ' | None' not in text else ''} = {default!r}"
        lines.append(f"        {each.key}: {text},")
    lines += [
        "        opts: pulumi.ResourceOptions | None = None,",
        "    ) -> None:",
        f'        """Declare {with_article(kind.name)}.',
        "",
        *(
            line
            for each in inputs
            for line in wrapped(f":param {each.key}: {described(each, each.type)}", "            ")
        ),
        '        """',
        "        super().__init__(",
        "            resource_name,",
        "            {",
        *(f'                "{each.key}": {each.key},' for each in inputs),
        "            },",
        "            opts,",
        "        )",
        "",
        "    @classmethod",
        "    def get(",
        "        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None",
        "    ) -> Self:",
        f'        """Read {with_article(kind.name)} by its id: {kind.id_format}."""',
        "        return cls._read(resource_name, id, opts)",
        "",
    ]
    for each in all_outputs:
        type_text = output_type(kind, each)
        plain = is_plain(type_text)
        output = "_output" if plain else "_python_output"
        lines += [
            "    @property",
            *([f'    @pulumi.getter(name="{each.name}")'] if plain else []),
            f"    def {each.key}(self) -> pulumi.Output[{type_text}]:",
            *wrapped(f'"""{each.text}"""'),
            f'        return self.{output}("{each.name}")',
            "",
        ]
    return "\n".join(lines)


def expression(shape: str) -> str:
    """Return a shape as an expression for the classes."""
    return re.sub(r"\b([A-Z][A-Z_]+)\b", r"shapes.\1", shape)


def classes_text() -> str:
    types = "\n".join(
        f"        {use.nested.format(m.name)}," for m in all_nested() for use in (INPUT, OUTPUT)
    )
    return "\n\n".join([HEADER.format(types=types + "\n        Model,"), *map(class_text, TABLE.kinds)])


def docs_text(kind: Kind) -> str:
    lines = [
        f"# {kind.name}",
        "",
        "<!-- Generated from the definition by `make generate`. -->",
        "",
        kind.text,
        "",
        "## Example",
        "",
        *examples.tabs(kind, formatted(examples.python(kind), "example.py")),
        "YAML and TypeScript use the [native plugin](../how-to/native-plugin.md).",
        "",
        "## Inputs",
        "",
        "| name | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for each in parameters(kind):
        default = f"`{each.default!r}`"
        if each.autonamed:
            default = "*autonamed*"
        elif each.required:
            default = "*required*"
        lines.append(
            f"| `{each.key}` | `{_in_table(each.type)}` | {default} | {described(each, each.type)} |"
        )
    computed = [each for each in outputs(kind) if each.name in kind.computed]
    lines += [
        "",
        "## Outputs",
        "",
        "All inputs, and:" if computed else "All inputs, with defaults filled in.",
    ]
    if computed:
        lines += ["", "| name | type | meaning |", "|---|---|---|"]
    for each in computed:
        found = each.observed or each.type
        lines.append(f"| `{each.key}` | `{_in_table(found)}` | {described(each, found)} |")
    replacing = [f"`{key}`" for key in kind.replacing]
    lines += [
        "",
        "## Behaviour",
        "",
        f"- **Id**: {kind.id_format}; `{kind.name}.get(resource_name, id)` reads the object.",
        f"- **Replaced** by a change of: {', '.join(replacing) or 'nothing'}. Every other change updates in place.",
        f"- **Deleting**: {kind.deletion}",
        f"- **Type token**: `pulumi-python:dynamic/wallaroo:{kind.name}`, or with the "
        f"[native plugin](../how-to/native-plugin.md) `wallaroo:index:{kind.name}`.",
        "",
    ]
    return "\n".join(lines)


def _in_table(found: Type) -> str:
    return DOCS_TYPES.of(found).replace("|", "\\|")


def policy_definitions() -> str:
    """What the rules use of the definitions. The policy pack imports nothing from the other rooms."""
    kinds = sorted(TABLE.kinds, key=lambda kind: kind.name)
    secrets = {kind.name: tuple(each.name for each in kind.inputs if each.secret) for kind in kinds}
    return f'''\
"""The kinds of resources and their secret inputs. Generated from the definitions by ``make generate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final = {tuple(kind.name for kind in kinds)}
"""The classes of the package."""
SECRETS: Final[Mapping[str, tuple[str, ...]]] = { {kind: names for kind, names in secrets.items() if names} }
"""Class → the inputs that must be secret."""
'''


def with_resource_pages(site: str) -> str:
    """The site's navigation with a page for each kind."""
    pages = "".join(f"          - {kind.name}: resources/{kind.name}.md\n" for kind in TABLE.kinds)
    return re.sub(r"(?m)(^ +- resources/README.md\n)(?: +- \w+: resources/\w+.md\n)*", rf"\g<1>{pages}", site)


def formatted(source: str, name: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    fixed = subprocess.run(
        [*ruff, "check", "--quiet", "--fix-only", "--select", "I,F401", "--stdin-filename", name, "-"],
        input=source, capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    return subprocess.run(
        [*ruff, "format", "--quiet", "--stdin-filename", name, "-"],
        input=fixed, capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip


def package_version() -> str:
    """The version in pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def with_version(text: str) -> str:
    """The text with the package's version in tags, names of wheels, the plugin's installation and the policy pack."""
    return re.sub(
        r"(?m)(\.git@v|wallaroo_pulumi-|resource-wallaroo-v|resource wallaroo |^version: )\d+\.\d+\.\d+\w*",
        rf"\g<1>{package_version()}",
        text,
    )


def modules() -> Iterator[tuple[Path, str]]:
    texts = {
        CLASSES: classes_text(),
        TYPES: types_text(),
        SHAPES: shapes_text(),
        FUNCTIONS: dynamic_text(),
        NATIVE_FUNCTIONS: native_text(),
        PACKAGE: package_module(),
        NATIVE: native_module(),
        POLICY_DEFINITIONS: policy_definitions(),
    }
    return ((path, formatted(text, str(path))) for path, text in texts.items())


def pages() -> Iterator[tuple[Path, str]]:
    """What is generated from the modules, too."""
    yield from ((ROOT / name, with_version((ROOT / name).read_text())) for name in VERSIONED)
    yield SITE, with_resource_pages(SITE.read_text())
    index = ["# Resources", "", "<!-- Generated from the definitions by `make generate`. -->", ""]
    for kind in TABLE.kinds:
        yield DOCS / f"{kind.name}.md", docs_text(kind)
        index.append(f"- [{kind.name}]({kind.name}.md): {kind.text.splitlines()[0]}")
    yield DOCS / "README.md", "\n".join(index) + "\n"
    yield ROOT / "docs/policies.md", policies_page()
    yield ROOT / "docs/estate.md", estate_page()
    yield ROOT / "docs/functions.md", functions_page(formatted)
    yield ROOT / "docs/cli.md", cli_page()
    yield ROOT / "docs" / FILE_NAME, to_json()
    yield SCHEMA, schema_text(package_version())


def update(files: Iterator[tuple[Path, str]], check: bool) -> int:
    """Write the files, or print what a write would change. Returns how many were stale."""
    stale = 0
    for path, text in files:
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        stale += 1
        name = str(path.relative_to(ROOT))
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, "regenerated")
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {name}")
    return stale


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    stale = update(modules(), check)
    if stale and not check:
        return subprocess.call([sys.executable, __file__])  # this process has imported the old modules
    stale = stale or update(pages(), check)
    if stale and check:
        print(f"{stale} generated files are stale: run `make generate` and commit", file=sys.stderr)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
