package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// request is what `pulumi import` asks: a program in Pulumi's neutral language, file by file, and the address of the
// engine's loader, which has the schemas of packages.
type request struct {
	Source map[string]string
	Loader string
	Strict bool
}

// response and diagnostic have the fields of Pulumi's messages of these names.
type response struct {
	Source      map[string]string `json:"source"`
	Diagnostics []diagnostic      `json:"diagnostics"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
}

// writeProgram reads a request from standard input and writes the response to standard output, both JSON.
func writeProgram() error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	made, err := generate(asked)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(made)
}

func generate(asked request) (*response, error) {
	parser := syntax.NewParser()
	for name, text := range asked.Source {
		if err := parser.ParseFile(strings.NewReader(text), name); err != nil {
			return nil, err
		}
	}
	if parser.Diagnostics.HasErrors() {
		return nil, parser.Diagnostics
	}
	loader, err := schema.NewLoaderClient(asked.Loader)
	if err != nil {
		return nil, err
	}
	var options []pcl.BindOption
	if !asked.Strict {
		options = pcl.NonStrictBindOptions()
	}
	program, diagnostics, err := pcl.BindProgram(parser.Files, schema.NewCachedLoader(loader), options...)
	if err != nil {
		return nil, err
	}
	made := &response{Source: map[string]string{}, Diagnostics: converted(diagnostics)}
	if program == nil {
		return made, nil
	}
	files, diagnostics, err := python.GenerateProgram(program)
	if err != nil {
		return nil, err
	}
	made.Diagnostics = append(made.Diagnostics, converted(diagnostics)...)
	for name, content := range files {
		made.Source[name] = string(content)
	}
	return made, nil
}

func converted(diagnostics hcl.Diagnostics) []diagnostic {
	list := make([]diagnostic, 0, len(diagnostics))
	for _, of := range diagnostics {
		severity := "DIAG_WARNING"
		if of.Severity == hcl.DiagError {
			severity = "DIAG_ERROR"
		}
		list = append(list, diagnostic{severity, of.Summary, of.Detail})
	}
	return list
}
