"""What a team gets from the platform, in one stack: workspaces, a namespace of the cluster, and a DNS name.

Configuration: `team` (a DNS label), `lead` (an e-mail address), `dns` (`route53`, or `external-dns`, which runs in the
cluster), for Route 53 `zone` (the hosted zone that contains the instance's name), and `wallaroo:domain`; the rest of
`wallaroo:` as for every stack.
"""

import pulumi
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
dns_name, ttl = f"{team}.{instance}", 300
dns = config.get("dns") or "route53"
if dns == "route53":
    import pulumi_aws as aws

    aws.route53.Record(
        "team",
        zone_id=aws.route53.get_zone_output(name=config.require("zone")).zone_id,
        name=dns_name,
        type="CNAME",
        ttl=ttl,
        records=[instance],
    )
elif dns == "external-dns":
    endpoint = {"dnsName": dns_name, "recordType": "CNAME", "recordTTL": ttl, "targets": [instance]}
    kubernetes.apiextensions.CustomResource(
        "team",
        api_version="externaldns.k8s.io/v1alpha1",
        kind="DNSEndpoint",
        metadata={"name": team, "namespace": namespace.metadata["name"]},
        spec={"endpoints": [endpoint]},
    )
else:
    raise SystemExit(f"wallaroo-platform:dns is {dns!r}: give route53 or external-dns")

pulumi.export("workspace_ids", {stage: workspace.workspace_id for stage, workspace in workspaces.items()})
pulumi.export("namespace", namespace.metadata["name"])
pulumi.export("dns_name", dns_name)
