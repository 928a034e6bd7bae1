// Command codegen runs the code generators of the Pulumi release that go.mod pins.
//
//	codegen sdks SCHEMA FOLDER    the SDKs of a package, for tools/sdks
//	codegen program               a Python program, for the language host
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 3 && arguments[0] == "sdks":
		return writeSDKs(arguments[1], arguments[2])
	case len(arguments) == 1 && arguments[0] == "program":
		return writeProgram()
	}
	return errors.New("usage: codegen sdks SCHEMA FOLDER | codegen program")
}
