// Command pulumi-resource-kubernetes is Pulumi's plugin for Kubernetes, for the tests of stacks/platform.
//
// The schema and the mapping are copied from the plugin's own module before it is compiled: see ../build.py.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, mapping)
}
