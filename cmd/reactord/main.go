// Command reactord reacts to the events of a machine as one YAML file says.
// `reactord --help` tells the rest.
package main

import (
	_ "time/tzdata" // calendars name time zones, and a small machine has none

	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
)

func main() {
	handlers.Launch()
	os.Exit(execute(os.Args[1:]))
}

// execute runs the command line and returns the exit code: 0, 1 when it
// failed, 2 when it could not be understood, or what a command asks for.
func execute(args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.Execute()
	var exit exitCode
	var faults configs.Faults
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &faults):
		fmt.Fprintln(os.Stderr, faults)
		return 1
	}
	fmt.Fprintf(os.Stderr, "reactord: %v\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// exitCode is an error that says nothing but how to exit.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// usageError is a command line that could not be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage makes a cobra check of arguments exit with 2.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w\n\n%s", err, cmd.UsageString())}
		}
		return nil
	}
}

// byFlag refuses arguments of a command whose file is named with a flag.
func byFlag(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: name the configuration with --config FILE", args[0])
	}
	return nil
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "reactord",
		Short: "React to the events of a machine: files, processes, timers, signals, descriptors",
		Long: `reactord runs handlers when something happens on this machine: a file was
written, a process ended, a timer fired, a line came over a socket. One YAML
file says which events matter and what runs for them. Nothing is lost while a
handler runs, nothing storms, and the handler is told exactly what changed.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		Args:          usage(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\n\n%s", err, cmd.UsageString())}
	})
	root.AddCommand(newRun(), newCheck(), newSchema(), newWatch(), newStatus(), newEmit(), newVersion())
	return root
}
