// Command inline runs the program of stacks/quickstart-go by the Automation API, which needs no language host.
//
// The working folder contains the project and its stack; the arguments are the project and the stack.
package main

import (
	"context"
	"log"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"wallaroo-quickstart-go/fraud"
)

func main() {
	ctx := context.Background()
	stack, err := auto.SelectStackInlineSource(ctx, os.Args[2], os.Args[1], fraud.Declare, auto.WorkDir("."))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := stack.Up(ctx); err != nil {
		log.Fatal(err)
	}
}
