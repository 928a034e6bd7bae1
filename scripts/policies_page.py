"""The text of docs/policies.md, made from the rules; ``scripts/generate.py`` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from wallaroo_pulumi.policies.rule import Rule
from wallaroo_pulumi.policies.rules import RULES

HEAD = """\
# Policies

<!-- Generated from the rules by `make generate`; the text around them is in scripts/policies_page.py. -->

What an organisation wants of its Wallaroo objects, judged before anything happens:

```sh
pip install 'wallaroo_pulumi[policy]'
pulumi preview --policy-pack "$(wallaroo-pulumi policy-pack)"
pulumi up --policy-pack "$(wallaroo-pulumi policy-pack)" --policy-pack-config policy.json
```

Pulumi starts the pack with the first `python3` (else `python`) on PATH, or with what `PULUMI_PYTHON_CMD` names: not with
the one that the option `virtualenv` in `Pulumi.yaml` gives to the program. So activate the environment that holds
`wallaroo_pulumi[policy]` before you run Pulumi (`. .venv/bin/activate`), or set `PULUMI_PYTHON_CMD=.venv/bin/python`. The
pack needs no environment of its own and no network. `wallaroo-pulumi policy-pack` fails with a line that says what to
install where the extra `policy` is missing.

A violation names the resource and what to do:

```
- [mandatory]  workspace-name  (pulumi-python:dynamic/wallaroo:Workspace: fraud)
  Names of workspaces follow the house's pattern.
  Workspace 'fraud': its name 'Fraud-Prod' does not match [a-z][a-z0-9]*(-[a-z0-9]+)*; name it 'fraud-prod'
```

## Configuration

A rule's key is its name; its value a level, or an object with settings and, when it is to be another, the level as
`enforcementLevel`. `all` sets the level of every rule. `policy.json`:

```json
{
  "owner-domains": {"domains": ["example.com"]},
  "workspace-name": {"pattern": "[a-z]+-(prod|staging|research)"},
  "deployment-limits": {"enforcementLevel": "advisory", "replicas": 4},
  "connection-credentials": "disabled"
}
```

| level | effect |
|---|---|
| `advisory` | said, and the operation goes on |
| `mandatory` | the operation fails |
| `remediate` | put right where the rule can do so, and said; what it cannot put right fails. The same as `mandatory` for a rule without remediation |
| `disabled` | not judged |

A setting that does not exist, or has a value that it cannot have, ends the run with a line that names rule and setting.
Regular expressions are those of Python's `re`.
"""  # noqa: E501 - a table's row is one line

TAIL = """\
## A rule of your own

A pack of your own is a folder with two files. `house-rules/PulumiPolicy.yaml`:

```yaml
runtime: python
version: 1.0.0
```

`house-rules/__main__.py`, where the rule itself is five lines:

```python
from wallaroo_pulumi.policies.pack import serve
from wallaroo_pulumi.policies.rule import rule
from wallaroo_pulumi.policies.rules import RULES


@rule("no-temporary-names", "Workspaces live longer than a week.", "Workspace")
def no_temporary_names(workspace, config):
    name = workspace.known("name")
    if name and name.startswith("tmp-"):
        yield f"its name is {name!r}; choose one without tmp-"


serve("house-rules", [*RULES, no_temporary_names])
```

`pulumi up --policy-pack house-rules` runs it together with the rules of this page; leave `*RULES` out to run it
alone. Properties have the names of the state (`workspaceId`). `known` is None for what is not given, and for what a
preview cannot know yet. Settings are keywords of the decorator (a JSON schema with `default` and `description`) and
arrive in `config`, `except_` as `except`; `@stack_rule` is for rules about all resources together; a rule is tried
without an engine: `no_temporary_names.violations(Declared(type=…, urn=…, properties={"name": "tmp-a"}))`.

## What the pack can see, and what it cannot

- **When.** Rules about one resource are asked before it is made or changed, in previews and updates. Rules about the
  stack are asked when all its resources are done: in a preview before anything happened, in an update afterwards. An
  update with `--skip-preview` therefore makes what such a rule refuses, and then fails; the next one fails again.
- **Values that a preview cannot know** pass; the update judges them. Whose workspace something is, is known even then,
  when the program made `workspace_id` of a `Workspace`.
- **Destroying.** Pulumi asks no policy about what it deletes. So `unmanaged-kept` judges the declaration: what
  a stack declares inside a workspace, a pipeline or a model is deleted before it; whatever `force_destroy` then still
  finds was made by somebody else. What keeps an object from being deleted at all is `protect`.
- **Taking over.** A user, a connection or a model version that exists under its name is taken over by a create, and
  from then on cannot be told from one that the stack made: removing it from the stack deletes it (a user is
  deactivated). `production-taken-over` advises to protect users and connections in production; model versions it
  leaves out by default, since a new file replaces them and `protect` would stop that.
- **Assays** are advised, not demanded: an assay needs a baseline, and estate files (`stacks/estate`) have no word for
  assays. Where programs declare them, make it `{"production-assays": "mandatory"}`.
- **Secrets.** A pack sees secret values in clear, and which they are; its messages name no details, no tokens and
  nothing that looks like a credential. Whether a program took a value from a secret or wrote it down in its text cannot
  be seen.
- **Credentials** are told by the words of names (`password`, `API_KEY`, `clientSecret`; not `tokenizer`) and by
  well-known forms (private keys, tokens of some vendors, addresses and connection strings with a password or a
  signature, headers of logins). What looks like nothing is not found. `allowed` lets names pass, `names` adds some.
- **Resources that are only read** (`Workspace.get`) are not judged.
- **Sizes of models** are those of the files at `path`, which the pack reads where the program's paths begin. A path
  that a preview does not know is judged in the update.
- **Remediations** change properties of a resource that is declared; they cannot add one. So `workspace-owners` refuses
  a workspace without owners, and `owner-group` gives the role OWNER to the members of a group where they are declared.
  `workspace-name` puts names in lower case only when its level is set to `remediate`: a new name makes a new workspace,
  and the old one, which the API cannot delete, stays with what it holds. That is fit for new stacks. A workspace that
  `adopt="always"` takes over keeps its name; list it in the setting `except`.
- **Names of rules.** Pulumi refuses the settings of a rule that does not exist with
  `invalid enforcement level ""`, and names no rule.

Rules match the classes of this package by type, `pulumi-python:dynamic/wallaroo:<Class>` and `wallaroo:index:<Class>`,
in whatever program declares them.
"""


def policies_page() -> str:
    """The page, with one section for each rule."""
    return "\n".join(
        [HEAD, "## Rules", "", *_overview(), *(part for r in RULES for part in _section(r)), TAIL]
    )


def _overview() -> Iterator[str]:
    yield "| rule | asks | level |"
    yield "|---|---|---|"
    for rule in RULES:
        yield f"| [{rule.name}](#{rule.name}) | {rule.description} | `{rule.level}` |"
    yield ""


def _section(rule: Rule) -> Iterator[str]:
    about = (
        "the stack's resources together"
        if rule.check_stack
        else _listed(sorted(rule.kinds)) or "every resource"
    )
    yield f"### {rule.name}"
    yield ""
    yield f"{rule.description} Judges {about}; level `{rule.level}`."
    if rule.remedy:
        yield f"Remediation: {rule.remedy_text}."
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
