package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/reactord/reactord/internal/control"
	"github.com/reactord/reactord/internal/daemon"
)

func newStatus() *cobra.Command {
	var socket string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Tell what the running daemon is doing",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := control.NewClient(socket)
			defer c.Close()
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if len(args) == 1 {
				st.Sources = slices.DeleteFunc(st.Sources, func(s daemon.SourceStatus) bool { return s.Name != args[0] })
				if len(st.Sources) == 0 {
					return fmt.Errorf("no source %q", args[0])
				}
			}
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(st)
			case len(args) == 1:
				return one(out, st.Sources[0])
			}
			return table(out, st)
		},
	}
	controlFlag(cmd, &socket)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// table prints a line a source.
func table(out io.Writer, st daemon.Status) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tKIND\tSTATE\tEVENTS\tCOALESCED\tPENDING\tRUNS\tFAILED\tNOTE")
	for _, s := range st.Sources {
		note := s.Reason
		if note == "" {
			note = s.LastError
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.Kind, s.State, s.Events, s.Coalesced,
			s.Pending+s.Waiting, s.Runs, s.Failures, strings.ReplaceAll(note, "\n", " "))
	}
	if err := t.Flush(); err != nil || !st.Stopping {
		return err
	}
	_, err := fmt.Fprintln(out, "\nThe daemon stops: it waits for handlers to finish.")
	return err
}

// one prints all there is about a source.
func one(out io.Writer, s daemon.SourceStatus) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(t, "%s:\t%v\n", name, value) }
	line("source", s.Name)
	line("kind", s.Kind)
	line("state", s.State)
	if s.Reason != "" {
		line("reason", s.Reason)
	}
	line("queue", s.Queue)
	line("taken in", s.Taken)
	for _, what := range slices.Sorted(maps.Keys(s.Took)) {
		line("  "+what, s.Took[what])
	}
	line("coalesced", s.Coalesced)
	line("pending", s.Pending)
	line("events", s.Events)
	line("skipped", s.Skipped)
	line("running", s.Running)
	line("waiting for a turn", s.Waiting)
	line("runs", s.Runs)
	line("failed runs", s.Failures)
	if s.LastError != "" {
		line("last failure", s.LastError)
	}
	line("source errors", s.Errors)
	for _, name := range slices.Sorted(maps.Keys(s.Detail)) {
		line(name, s.Detail[name])
	}
	return t.Flush()
}
