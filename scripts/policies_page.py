"""Generate docs/policies.md from the rules, for ``scripts/generate.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from wallaroo_pulumi.policies.rule import Rule
from wallaroo_pulumi.policies.rules import RULES

HEAD = """\
# Policies

<!-- Generated from the rules by `make generate`; the text around them is in scripts/policies_page.py. -->

The policy pack checks an organisation's rules for its Wallaroo objects before anything changes:

```sh
pip install 'wallaroo_pulumi[policy] @ git+https://git.example.com/platform/wallaroo_pulumi.git@v0.1.0'
pulumi preview --policy-pack "$(wallaroo-pulumi policy-pack)"
pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)" --policy-pack-config policy.json
```

Pulumi runs the pack with the first `python3` (or `python`) on PATH, or with the command in `PULUMI_PYTHON_CMD`. It ignores
the option `virtualenv` in the program's `Pulumi.yaml`. Activate the environment that contains
`wallaroo_pulumi[policy]` before you run Pulumi (`. .venv/bin/activate`), or set `PULUMI_PYTHON_CMD` to the absolute path
of its `python`. The pack needs no separate environment and no network. If the extra `policy` is missing,
`wallaroo-pulumi policy-pack` fails and prints what to install.

Each violation contains the resource and the correction:

```
- [mandatory]  workspace-name  (pulumi-python:dynamic/wallaroo:Workspace: fraud)
  Workspace names must match the organisation's pattern.
  Workspace 'fraud': its name 'Fraud-Prod' does not match [a-z][a-z0-9]*(-[a-z0-9]+)*; use 'fraud-prod'
```

To check the current state without running the program, use
`pulumi policy analyze --policy-pack "$(wallaroo-pulumi policy-pack)"`. The result is the same as in a preview.

## Configuration

Each key is the name of a rule. Its value is a level, or an object with settings and optionally `enforcementLevel`.
`all` sets the level of every rule. Example of a `policy.json`:

```json
{
  "owner-domains": {"domains": ["example.com"]},
  "workspace-name": {"pattern": "[a-z]+-(prod|staging|research)"},
  "deployment-limits": {"enforcementLevel": "advisory", "replicas": 4},
  "connection-credentials": "disabled"
}
```

| level | effect of a violation |
|---|---|
| `advisory` | Pulumi reports it |
| `mandatory` | the operation fails |
| `remediate` | Pulumi corrects and reports it; the operation fails if the rule cannot correct it. Rules without remediation treat this level as `mandatory` |
| `disabled` | the rule does not run |

An unknown setting or an invalid value ends the run with a line that contains the rule and the setting. Regular
expressions have the syntax of Python's `re`.
"""  # noqa: E501 - a row of a table is one line

TAIL = """\
## Write your own rule

A policy pack is a folder with two files. `company-rules/PulumiPolicy.yaml`:

```yaml
runtime: python
version: 1.0.0
```

`company-rules/__main__.py` contains the rule and starts the pack:

```python
from wallaroo_pulumi.policies.pack import serve
from wallaroo_pulumi.policies.rule import rule
from wallaroo_pulumi.policies.rules import RULES


@rule("no-temporary-names", "Workspaces live longer than a week.", "Workspace")
def no_temporary_names(workspace, config):
    name = workspace.known("name")
    if name and name.startswith("tmp-"):
        yield f"its name is {name!r}; choose one without tmp-"


serve("company-rules", [*RULES, no_temporary_names])
```

`pulumi up --policy-pack company-rules` runs it with the rules of this page; remove `*RULES` to run it alone.

- Properties have the same names as in the state (`workspaceId`). `known` returns None for a property that is unset or
  unknown in a preview.
- Declare settings as keywords of the decorator, each with a JSON schema that has `default` and `description`. The rule
  receives the values in `config`; `except_` becomes `except`.
- Use `@stack_rule` for rules about all resources together.
- Test a rule without an engine:
  `no_temporary_names.violations(ResourceView(type=…, urn=…, properties={"name": "tmp-a"}))`.

## What is checked, and when

- **Order.** Rules about one resource run before it is created or changed, in previews and updates. Rules about the
  stack run after all its resources: in a preview before anything changes, in an update at the end.
  `pulumi up --skip-preview` therefore creates objects that such a rule forbids, and then fails. Run a preview first.
- **Unknown values** in a preview violate no rule; the update checks them. The workspace of a resource is known if
  its `workspace_id` comes from a `Workspace` in the program.
- **Deleting.** Pulumi does not run policies on resources that it deletes. `no-destroy-unmanaged` and
  `production-protect-adopted` therefore check the declaration. Use
  `protect` to prevent a deletion.
- **`force_destroy`.** Pulumi deletes the objects that the stack declares in a workspace, pipeline or model first.
  `force_destroy` then deletes what is left, which the stack did not create.
- **Adopted objects** stay unchanged when you remove them from the stack, unless `delete_adopted` is set.
- **Assays** are only recommended, because an assay needs a baseline. If your programs declare them, set
  `{"production-assays": "mandatory"}`.
- **Secrets.** A pack receives secret values, marked as secret. Its messages contain no details, no tokens and nothing
  that looks like a credential. It cannot detect whether a program read a value from a secret or contains it.
- **Credentials** are recognised by words in a name (`password`, `API_KEY`, `clientSecret`; not `tokenizer`) and by
  format: private keys, tokens of some vendors, URLs and connection strings with a password or a signature, and
  authorization headers. Other credentials are not detected. The settings `allowed` and `names` adjust the names.
- **External resources** (`Workspace.get`) are not checked.
- **Model sizes** come from the property `size`, which the provider computes from the file. The pack reads no files.
  An unknown size violates no rule.
- **Remediations** change properties of declared resources and cannot add a resource. `workspace-owners` therefore
  reports a workspace without an owner, and `owner-group` changes the role of declared members.
- **`workspace-name` as `remediate`** changes names to lower case. A new name means a new workspace; the old one, which
  the API cannot delete, keeps its contents. Use this level for new stacks. A workspace with `adopt="always"` keeps its
  name; add it to the setting `except`.
- **Unknown rule names.** Pulumi rejects the settings of an unknown rule with `invalid enforcement level ""`, without
  the rule's name.

Rules match the classes of this package by type in any program: `pulumi-python:dynamic/wallaroo:<Class>` and
`wallaroo:index:<Class>`.
"""


def policies_page() -> str:
    """Return the page with one section per rule."""
    return "\n".join(
        [HEAD, "## Rules", "", *_overview(), *(part for r in RULES for part in _section(r)), TAIL]
    )


def _overview() -> Iterator[str]:
    yield "| rule | requirement | level |"
    yield "|---|---|---|"
    for rule in RULES:
        yield f"| [{rule.name}](#{rule.name}) | {rule.description} | `{rule.level}` |"
    yield ""


def _section(rule: Rule) -> Iterator[str]:
    about = (
        "all resources of the stack together"
        if rule.check_stack
        else _listed(sorted(rule.kinds)) or "all classes"
    )
    yield f"### {rule.name}"
    yield ""
    yield f"{rule.description} Checks {about}; level `{rule.level}`."
    if rule.remediation:
        yield f"Remediation: {rule.remediation_text}."
    yield ""
    if rule.settings:
        yield "| setting | type | default | meaning |"
        yield "|---|---|---|---|"
        for name, schema in rule.settings.items():
            default = json.dumps(schema["default"]).replace("|", "\\|")
            yield f"| `{name}` | {schema['type']} | `{default}` | {schema['description']} |"
        yield ""


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
