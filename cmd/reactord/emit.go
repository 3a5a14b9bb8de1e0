package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/internal/control"
)

func newEmit() *cobra.Command {
	var socket string
	cmd := &cobra.Command{
		Use:   "emit NAME [DATA | -]",
		Short: "Merge data into a custom source of the running daemon",
		Long: `Merge data into a custom source of the running daemon: a number for add, or and
replace (1 when there is none), JSON or text for a list. With "-" each line of
standard input is merged as it comes, over one connection.`,
		Example: "  reactord emit ticket\n  reactord emit ticket 3\n  printf '1\\n2\\n' | reactord emit ticket -",
		Args:    usage(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := control.NewClient(socket)
			defer c.Close()
			switch {
			case len(args) == 1:
				return c.Emit(cmd.Context(), args[0], "")
			case args[1] == "":
				return usageError{fmt.Errorf("the data is empty: leave it out for 1")}
			case args[1] != "-":
				return c.Emit(cmd.Context(), args[0], args[1])
			}
			n, err := c.EmitLines(cmd.Context(), args[0], os.Stdin)
			if err != nil {
				return fmt.Errorf("%w (%d lines before it were taken)", err, n)
			}
			return nil
		},
	}
	controlFlag(cmd, &socket)
	return cmd
}

func controlFlag(cmd *cobra.Command, socket *string) {
	cmd.Flags().StringVar(socket, "control", configs.DefaultControl(), "path of the daemon's control socket")
}
