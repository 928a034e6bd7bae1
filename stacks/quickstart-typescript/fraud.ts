/** The objects of this stack: a workspace, the person who leads it and an analyst. */

import * as pulumi from "@pulumi/pulumi";
import * as wallaroo from "@wallaroo-pulumi/wallaroo";

/** Declare the objects and return the stack's outputs. */
export function declareFraud(): { workspaceId: pulumi.Output<number> } {
    const workspace = new wallaroo.Workspace("fraud", { name: "fraud-prod" });
    new wallaroo.WorkspaceMember("fraud-lead", {
        workspaceId: workspace.workspaceId,
        email: "mary.jane@example.com",
        role: wallaroo.Role.Owner,
    });
    new wallaroo.WorkspaceMember("fraud-analyst", {
        workspaceId: workspace.workspaceId,
        email: "john.hancock@example.com",
    });
    return { workspaceId: workspace.workspaceId };
}
