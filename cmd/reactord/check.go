package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
)

func newCheck() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration without running it",
		Long:  "Check a configuration without running it: every fault at once, with its place. Exit 0 or 1.",
		Args:  usage(byFlag),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configs.Load(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok: %d sources, %d queues\n", c.File, len(c.Sources), len(c.Queues))
			return nil
		},
	}
	configFlag(cmd, &file)
	return cmd
}
