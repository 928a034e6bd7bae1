"""How the parts of this stack hang together, with Pulumi's mocks: neither a cluster, a cloud nor an instance is needed.

Run it where `requirements.txt` and pytest are installed: `python -m pytest test_wiring.py`.
"""

import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest

DECLARED: dict[str, dict[str, Any]] = {}
"""The inputs of every resource, by the last part of its type and its name."""
EXPORTED: dict[str, Any] = {}


class Clouds(pulumi.runtime.Mocks):
    """Workspaces get the ids 11 and 12; Route 53 knows one zone."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        DECLARED[f"{kind} {args.name}"] = args.inputs
        computed: dict[str, Any] = {}
        if kind == "Workspace":
            computed["workspaceId"] = {"staging": 11, "prod": 12}[args.name]
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        assert args.token == "aws:route53/getZone:getZone"
        return {"zoneId": f"zone of {args.args['name']}"}


@pytest.fixture(scope="module", autouse=True)
def stack() -> None:
    pulumi.runtime.set_mocks(Clouds(), project="wallaroo-platform", stack="test")
    pulumi.runtime.set_all_config(
        {
            "wallaroo-platform:team": "fraud",
            "wallaroo-platform:lead": "mary.jane@example.com",
            "wallaroo-platform:zone": "example.com",
            "wallaroo:domain": "wallaroo.example.com",
        }
    )

    @pulumi.runtime.test
    def run() -> pulumi.Output[Any]:
        program = Path(__file__).with_name("__main__.py")
        exports: dict[str, pulumi.Input[Any]] = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi, "export", exports.__setitem__)
            runpy.run_path(str(program))
        return pulumi.Output.all(**exports).apply(EXPORTED.update)

    run()


def test_the_namespace_names_its_team_and_its_workspaces() -> None:
    assert DECLARED["Namespace team"]["metadata"] == {
        "name": "fraud",
        "labels": {
            "app.kubernetes.io/managed-by": "pulumi",
            "wallaroo/team": "fraud",
            "wallaroo/workspace-staging": "11",
            "wallaroo/workspace-prod": "12",
        },
    }


def test_the_dns_name_is_the_teams_below_the_instances() -> None:
    record = DECLARED["Record team"]
    assert (record["name"], record["type"]) == ("fraud.wallaroo.example.com", "CNAME")
    assert record["records"] == ["wallaroo.example.com"]
    assert record["zoneId"] == "zone of example.com"


@pytest.mark.parametrize(("stage", "id"), [("staging", 11), ("prod", 12)])
def test_the_lead_owns_both_workspaces(stage: str, id: int) -> None:
    assert DECLARED[f"Workspace {stage}"]["name"] == f"fraud-{stage}"
    lead = DECLARED[f"WorkspaceMember {stage}-lead"]
    assert (lead["workspaceId"], lead["email"], lead["role"]) == (id, "mary.jane@example.com", "OWNER")


def test_other_stacks_find_the_workspaces_by_the_outputs() -> None:
    assert EXPORTED == {
        "workspace_ids": {"staging": 11, "prod": 12},
        "namespace": "fraud",
        "dns_name": "fraud.wallaroo.example.com",
    }
