//go:build tools

// Package engine names what make engine builds, so that go.mod pins it and everything it needs.
package engine

import (
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	_ "github.com/pulumi/pulumi/sdk/v3/go/common/version"
)
