package main

import (
	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
)

func newSchema() *cobra.Command {
	var event bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := configs.Schema
			if event {
				text = handlers.EventSchema
			}
			_, err := cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&event, "event", false, "the schema of the event record instead")
	return cmd
}
