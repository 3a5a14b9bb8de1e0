package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/internal/daemon"
)

func newCheck() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration without running it",
		Long: `Check a configuration without running it: every fault at once, with its place.
Then this machine is asked for what it can't do for the user who checks. Exit 0 or 1.`,
		Args: usage(byFlag),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configs.Load(file)
			if err != nil {
				return err
			}
			notes, faults := daemon.Examine(c)
			if len(faults) > 0 {
				return faults
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok: %d sources, %d queues\n", c.File, len(c.Sources), len(c.Queues))
			for _, n := range notes {
				fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", n)
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	return cmd
}
