// Schemagen writes the JSON Schema of the configuration. It is run by go
// generate in the directory of package configs.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/reactord/reactord/configs/internal/schema"
)

func main() {
	out := flag.String("o", "reactord.schema.json", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	text, err := schema.Generate()
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}
