// A workspace and its members.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"wallaroo-quickstart-go/fraud"
)

func main() {
	pulumi.Run(fraud.Declare)
}
