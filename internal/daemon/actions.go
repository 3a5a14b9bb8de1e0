package daemon

import (
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
)

// logHandler and execHandler make handlers of their configuration.
func (d *Daemon) logHandler(c *configs.Log) handlers.Handler {
	return &handlers.Log{Message: c.Message, Level: c.Level, Fields: vars(c.Fields)}
}

func (d *Daemon) execHandler(c *configs.Exec) handlers.Handler {
	return &handlers.Exec{
		Reactor: d.reactor, Command: c.Command, Shell: c.Shell, Dir: c.Dir, Env: vars(c.Env),
		Pipes: &d.pipes, Launcher: true, Stdin: c.Stdin, Output: c.Output, KillAfter: c.KillAfter,
	}
}

func vars(pairs []configs.Pair) []handlers.Var {
	var all []handlers.Var
	for _, p := range pairs {
		all = append(all, handlers.Var{Name: p.Name, Value: p.Value})
	}
	return all
}
