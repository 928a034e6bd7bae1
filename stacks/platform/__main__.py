"""What a team gets from the platform, in one stack: workspaces, a namespace of the cluster, and a DNS name.

Configuration: `team` (a DNS label), `lead` (an e-mail address), `zone` (the hosted zone of Route 53 that holds the
instance's name) and `wallaroo:domain`; the rest of `wallaroo:` as for every stack.
"""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

import wallaroo_pulumi as wallaroo

config = pulumi.Config()
team = config.require("team")
instance = pulumi.Config("wallaroo").require("domain")

workspaces = {
    stage: wallaroo.Workspace(
        stage, name=f"{team}-{stage}", opts=pulumi.ResourceOptions(protect=stage == "prod")
    )
    for stage in ("staging", "prod")
}
for stage, workspace in workspaces.items():
    wallaroo.WorkspaceMember(
        f"{stage}-lead", workspace_id=workspace.workspace_id, email=config.require("lead"), role="OWNER"
    )

# What runs here can tell which workspaces it belongs to from the labels.
namespace = kubernetes.core.v1.Namespace(
    "team",
    metadata={
        "name": team,
        "labels": {
            "app.kubernetes.io/managed-by": "pulumi",
            "wallaroo/team": team,
            **{
                f"wallaroo/workspace-{stage}": workspace.workspace_id.apply(str)
                for stage, workspace in workspaces.items()
            },
        },
    },
)

# The team's own name for the instance: its programs need no change when the instance moves.
name = aws.route53.Record(
    "team",
    zone_id=aws.route53.get_zone_output(name=config.require("zone")).zone_id,
    name=f"{team}.{instance}",
    type="CNAME",
    ttl=300,
    records=[instance],
)

pulumi.export("workspace_ids", {stage: workspace.workspace_id for stage, workspace in workspaces.items()})
pulumi.export("namespace", namespace.metadata["name"])
pulumi.export("dns_name", name.fqdn)
