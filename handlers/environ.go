package handlers

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// maxValue is the longest value that is put into the environment (clause EV5).
// The kernel refuses strings over 128 KiB.
const maxValue = 64 << 10

// Our own variables (clause EV5).
const (
	envSource  = "REACTORD_SOURCE"
	envKind    = "REACTORD_KIND"
	envEvent   = "REACTORD_EVENT"
	envRun     = "REACTORD_RUN"
	envAttempt = "REACTORD_ATTEMPT"
	envCount   = "REACTORD_COUNT"
	envOp      = "REACTORD_OP"
	envPath    = "REACTORD_PATH"
	envFrom    = "REACTORD_FROM"
	envFDs     = "REACTORD_FDS" // how many descriptors it gets from 3 on

	ownVariables = 10
)

// environ is a run's environment: the daemon's, but for what speaks to the
// daemon only; then our own variables; then the configured ones. A name occurs
// once, with its last value.
func (x *Exec) environ(run *Run) ([]string, error) {
	x.once.Do(func() { x.inherited = inherited(os.Environ(), x.Env) })
	env := environment{run: run, configured: x.Env, list: make([]string, 0, len(x.inherited)+ownVariables+len(x.Env))}
	env.list = append(env.list, x.inherited...)
	e := run.Event
	env.own(envSource, e.Source)
	env.own(envKind, e.Kind)
	env.own(envEvent, e.ID)
	env.own(envRun, run.ID)
	if e.Attempt > 0 {
		env.own(envAttempt, strconv.Itoa(e.Attempt))
	}
	env.own(envCount, strconv.Itoa(e.Count()))
	if c := e.single(); c != nil {
		env.own(envOp, c.Op.String())
		env.own(envPath, c.Path)
		env.own(envFrom, c.From)
	}
	if n := e.Descriptors.Len(); n > 0 && x.Stdin != StdinConnection {
		env.own(envFDs, strconv.Itoa(n))
	}
	for _, v := range x.Env {
		value, err := run.text(v.Value)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", v.Name, err)
		}
		env.add(v.Name, value)
	}
	return env.list, nil
}

// environment is a list of NAME=value in the making.
type environment struct {
	run        *Run
	configured []Var
	list       []string
}

// own adds one of our variables, unless its value is absent or the
// configuration has its own.
func (env *environment) own(name, value string) {
	if value != "" && !configures(env.configured, name) {
		env.add(name, value)
	}
}

// add adds a variable, unless no environment can hold its value.
func (env *environment) add(name, value string) {
	if len(value) > maxValue || strings.IndexByte(value, 0) >= 0 {
		env.run.Log.Debug().Str("variable", name).Int("bytes", len(value)).Msg("variable left out")
		return
	}
	env.list = append(env.list, name+"="+value)
}

// inherited is what every run gets of the daemon's environment. Left out are
// what the service manager tells the daemon alone, what we set ourselves (a
// reactord may have been started by another), and what is configured.
func inherited(environ []string, configured []Var) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		switch name {
		case "NOTIFY_SOCKET", envSource, envKind, envEvent, envRun, envAttempt, envCount, envOp, envPath, envFrom, envFDs:
			return true
		}
		return strings.HasPrefix(name, "LISTEN_") || strings.HasPrefix(name, "WATCHDOG_") ||
			configures(configured, name)
	})
}

func configures(configured []Var, name string) bool {
	return slices.ContainsFunc(configured, func(v Var) bool { return v.Name == name })
}

// searchPath is the PATH of an environment.
func searchPath(environ []string) string {
	for _, entry := range environ {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			return path
		}
	}
	return ""
}
