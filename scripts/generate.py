"""Generate ``adapters/classes.py``, types, and the docs pages of resources, policies and the estate file.

``make generate`` runs this. ``make check`` runs it with ``--check``, which writes nothing and fails if a committed file
is stale.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import examples
from estate_page import estate_page
from lookup_functions import dynamic_text, native_text
from native_module import native_module
from package_module import package_module
from plugin_schema import schema_text
from policies_page import policies_page
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from python_types import (
    DOCS as DOCS_TYPES,
)
from python_types import (
    INPUT,
    OUTPUT,
    all_nested,
    input_type,
    is_plain,
    output_types,
    shapes_of,
    shapes_text,
    types_text,
    without_none,
)
from reference_pages import cli_page, functions_page

from wallaroo_pulumi.core.fields import (
    AUTONAMED,
    COMPUTED_IN_CHECK,
    FORCES_REPLACEMENT,
    SECRET,
    Adopting,
    Marker,
    fields_with,
)
from wallaroo_pulumi.core.names import wire_name
from wallaroo_pulumi.core.resource import Resource
from wallaroo_pulumi.estate.schema import FILE_NAME, to_json
from wallaroo_pulumi.provider.schema import schema
from wallaroo_pulumi.resources import RESOURCES

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
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import pulumi

from . import shapes
from .inputs import Shape
from .program import WallarooResource

if TYPE_CHECKING:
    from .types import (
{types}
    )
'''


def choices(annotation: Any) -> tuple[str, ...]:
    """Return the allowed values of a Literal, also a nested one."""
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    return next((found for part in get_args(annotation) if (found := choices(part))), ())


def optional_in_program(field: FieldInfo) -> bool:
    return not field.is_required() or AUTONAMED in field.metadata


def parameters(resource: Resource[Any, Any]) -> dict[str, FieldInfo]:
    """Return the inputs of a program, with those that all kinds share last."""
    given = {n: f for n, f in resource.inputs.model_fields.items() if COMPUTED_IN_CHECK not in f.metadata}
    return dict(sorted(given.items(), key=lambda item: item[0] in Adopting.model_fields))


def described(field: FieldInfo) -> str:
    """Return the description with the notes of markers and the allowed values."""
    text = (field.description or "").rstrip(".")
    notes = [m.text for m in field.metadata if isinstance(m, Marker) and m.text]
    if found := choices(field.annotation):
        notes.insert(0, "one of " + ", ".join(f"`{value}`" for value in found))
    return f"{text}{' (' + '; '.join(notes) + ')' if notes else ''}."


def wrapped(text: str, continued: str = "        ") -> list[str]:
    """Wrap a line of a docstring."""
    return textwrap.wrap(
        text, 105, initial_indent="        ", subsequent_indent=continued, break_on_hyphens=False
    )


def with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIO" else f"a {kind}"  # a User


def computed(resource: Resource[Any, Any]) -> Iterator[tuple[str, FieldInfo]]:
    return (
        (name, field)
        for name, field in resource.outputs.model_fields.items()
        if name not in parameters(resource)
    )


def class_text(resource: Resource[Any, Any]) -> str:
    inputs = parameters(resource)
    outputs = {**inputs, **resource.outputs.model_fields}
    secrets = [wire_name(name) for name, _ in fields_with(resource.outputs, SECRET)]
    autonamed = [wire_name(name) for name, _ in fields_with(resource.inputs, AUTONAMED)]
    of = {"int": "int", "str": "str"}
    shapes = ", ".join(f'"{name}": {expression(shape)}' for name, shape in shapes_of(resource).items())
    types = output_types(resource)
    from_id = ", ".join(f'"{wire_name(name)}": {of[kind]}' for name, kind in resource.from_id.items())
    lines = [
        f"class {resource.kind}(WallarooResource):",
        textwrap.indent(f'"""{inspect.getdoc(resource)}\n"""', "    "),
        "",
        f'    _kind: ClassVar[str] = "{resource.kind}"',
        "    _wire_names: ClassVar[Mapping[str, str]] = {",
        *(f'        "{name}": "{wire_name(name)}",' for name in outputs),
        "    }",
        f"    _shapes: ClassVar[Mapping[str, Shape]] = {{{shapes}}}",
        f"    _secrets: ClassVar[tuple[str, ...]] = ({''.join(f'{s!r},' for s in secrets)})",
        f"    _from_id: ClassVar[Mapping[str, type]] = {{{from_id}}}",
        f"    _autonamed: ClassVar[str | None] = {next(iter(autonamed), None)!r}",
        "",
        "    def __init__(",
        "        self,",
        "        resource_name: str,",
        "        *,",
    ]
    for name, field in sorted(inputs.items(), key=lambda item: optional_in_program(item[1])):
        text = input_type(name, field)
        if optional_in_program(field):
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            if isinstance(default, list | dict | BaseModel):
                default = None  # no mutable defaults in a signature; check fills in the default
            text = f"{text}{' | None' if default is None and ' | None' not in text else ''} = {default!r}"
        lines.append(f"        {name}: {text},")
    lines += [
        "        opts: pulumi.ResourceOptions | None = None,",
        "    ) -> None:",
        f'        """Declare {with_article(resource.kind)}.',
        "",
        *(
            line
            for name, field in inputs.items()
            for line in wrapped(f":param {name}: {described(field)}", "            ")
        ),
        '        """',
        "        super().__init__(",
        "            resource_name,",
        "            {",
        *(f'                "{name}": {name},' for name in inputs),
        "            },",
        "            opts,",
        "        )",
        "",
        "    @classmethod",
        "    def get(",
        "        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None",
        "    ) -> Self:",
        f'        """Read {with_article(resource.kind)} by its id: {resource.id_format}."""',
        "        return cls._read(resource_name, id, opts)",
        "",
    ]
    for name, field in outputs.items():
        plain = is_plain(types[name])
        output = "_output" if plain else "_python_output"
        lines += [
            "    @property",
            *([f'    @pulumi.getter(name="{wire_name(name)}")'] if plain else []),
            f"    def {name}(self) -> pulumi.Output[{types[name]}]:",
            *wrapped(f'"""{field.description}"""'),
            f'        return self.{output}("{wire_name(name)}")',
            "",
        ]
    return "\n".join(lines)


def expression(shape: str) -> str:
    """Return a shape as an expression for the classes."""
    return re.sub(r"\b([A-Z][A-Z_]+)\b", r"shapes.\1", shape)


def classes_text() -> str:
    types = "\n".join(
        f"        {use.nested.format(m.__name__)}," for m in all_nested() for use in (INPUT, OUTPUT)
    )
    return "\n\n".join(
        [HEADER.format(types=types + "\n        Model,"), *map(class_text, RESOURCES.values())]
    )


def docs_text(resource: Resource[Any, Any]) -> str:
    lines = [
        f"# {resource.kind}",
        "",
        "<!-- Generated from the definition by `make generate`. -->",
        "",
        inspect.getdoc(resource) or "",
        "",
        "## Example",
        "",
        *examples.tabs(resource, formatted(examples.python(resource), "example.py")),
        "YAML and TypeScript use the [native plugin](../how-to/native-plugin.md).",
        "",
        "## Inputs",
        "",
        "| name | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in parameters(resource).items():
        default = "*required*"
        if AUTONAMED in field.metadata:
            default = "*autonamed*"
        elif not field.is_required():
            value = field.get_default(call_default_factory=True)
            default = f"`{value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value!r}`"
        type_text = without_none(DOCS_TYPES.of(field.annotation)).replace("|", "\\|")
        lines.append(f"| `{name}` | `{type_text}` | {default} | {described(field)} |")
    outputs = list(computed(resource))
    lines += [
        "",
        "## Outputs",
        "",
        "All inputs, and:" if outputs else "All inputs, with defaults filled in.",
    ]
    if outputs:
        lines += ["", "| name | type | meaning |", "|---|---|---|"]
    for name, field in outputs:
        type_text = without_none(DOCS_TYPES.of(field.annotation)).replace("|", "\\|")
        lines.append(f"| `{name}` | `{type_text}` | {described(field)} |")
    replacing = [f"`{name}`" for name, _ in fields_with(resource.inputs, FORCES_REPLACEMENT)]
    lines += [
        "",
        "## Behaviour",
        "",
        f"- **Id**: {resource.id_format}; `{resource.kind}.get(resource_name, id)` reads the object.",
        f"- **Replaced** by a change of: {', '.join(replacing) or 'nothing'}. Every other change updates in place.",
        f"- **Deleting**: {resource.deletion}",
        f"- **Type token**: `pulumi-python:dynamic/wallaroo:{resource.kind}`, or with the "
        f"[native plugin](../how-to/native-plugin.md) `wallaroo:index:{resource.kind}`.",
        "",
    ]
    return "\n".join(lines)


def policy_definitions() -> str:
    """What the rules use of the definitions. The policy pack imports nothing from the other rooms."""
    kinds = sorted(schema().kinds, key=lambda kind: kind.name)
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
    pages = "".join(f"          - {kind}: resources/{kind}.md\n" for kind in RESOURCES)
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
    for kind, resource in RESOURCES.items():
        yield DOCS / f"{kind}.md", docs_text(resource)
        index.append(f"- [{kind}]({kind}.md): {(inspect.getdoc(resource) or '').splitlines()[0]}")
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
