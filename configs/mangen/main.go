// Mangen writes the manual page reactord.yaml(5). It is run by go generate in the
// directory of package configs, after schemagen.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/reactord/reactord/configs/internal/manual"
)

func main() {
	out := flag.String("o", "../docs/man/reactord.yaml.5", "the file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "mangen:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	in, err := manual.Read(".")
	if err != nil {
		return err
	}
	page, err := manual.Page(in)
	if err != nil {
		return err
	}
	return os.WriteFile(out, page, 0o644)
}
