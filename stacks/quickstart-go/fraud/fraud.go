// Package fraud declares the objects of this stack: a workspace, the person who leads it and an analyst.
package fraud

import (
	"example.com/wallaroo-pulumi/sdk/go/wallaroo"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Declare the objects and export the workspace's id.
func Declare(ctx *pulumi.Context) error {
	workspace, err := wallaroo.NewWorkspace(ctx, "fraud", &wallaroo.WorkspaceArgs{
		Name: pulumi.String("fraud-prod"),
	})
	if err != nil {
		return err
	}
	_, err = wallaroo.NewWorkspaceMember(ctx, "fraud-lead", &wallaroo.WorkspaceMemberArgs{
		WorkspaceId: workspace.WorkspaceId,
		Email:       pulumi.String("mary.jane@example.com"),
		Role:        wallaroo.RoleOwner,
	})
	if err != nil {
		return err
	}
	_, err = wallaroo.NewWorkspaceMember(ctx, "fraud-analyst", &wallaroo.WorkspaceMemberArgs{
		WorkspaceId: workspace.WorkspaceId,
		Email:       pulumi.String("john.hancock@example.com"),
	})
	if err != nil {
		return err
	}
	ctx.Export("workspaceId", workspace.WorkspaceId)
	return nil
}
