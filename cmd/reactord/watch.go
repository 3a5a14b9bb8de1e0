package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/internal/daemon"
	"github.com/reactord/reactord/internal/expr"
)

// Defaults of watch: quiet for so long, and never later than that.
const (
	watchSettle = 50 * time.Millisecond
	watchMax    = 5 * time.Second
	// watchPending bounds the changes that wait while the command runs.
	watchPending = 200_000
)

type watchFlags struct {
	include, ignore, events []string
	settle, max, timeout    time.Duration
	flat, initial           bool
}

func newWatch() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch [flags] PATH... -- CMD [ARG...]",
		Short: "Run a command when something under a path changes, without a configuration",
		Long: `Run a command when something under a path changes. What changes while it runs is
not lost: it runs once more. The command gets the event as JSON on its standard
input and in REACTORD_* variables; ${paths} as an argument stands for all paths
that changed, ${path} for the only one.`,
		Example: "  reactord watch src -- make\n  reactord watch --include '**/*.go' . -- go test ./...\n  reactord watch /srv/drop -- ls -l '${paths}'",
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash < 1 || dash == len(args) {
				return fmt.Errorf("want PATH... -- CMD...")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			c, err := f.config(args[:dash], args[dash:])
			if err != nil {
				return err
			}
			log, flush := newLogger(c.Settings.Log)
			defer flush()
			return work(c, log, func(*daemon.Daemon) (func(), error) { return func() {}, nil })
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.include, "include", "i", nil, "report only files that match this glob, relative to PATH")
	flags.StringArrayVarP(&f.ignore, "ignore", "x", []string{"**/.git", "**/.hg", "**/.svn", "**/*.sw[px]", "**/*~"}, "never look at what matches this glob")
	flags.StringSliceVarP(&f.events, "events", "e", []string{"create", "close", "delete", "rename"}, "create, write, close, delete, rename, attrib")
	flags.DurationVar(&f.settle, "settle", watchSettle, "wait until nothing has changed for so long")
	flags.DurationVar(&f.max, "max", watchMax, "but no longer than that")
	flags.DurationVar(&f.timeout, "timeout", 0, "end a command that takes longer")
	flags.BoolVar(&f.flat, "no-recursive", false, "don't look into subdirectories")
	flags.BoolVar(&f.initial, "initial", false, "run for what is there at the start, too")
	return cmd
}

// config is what a configuration file would say.
func (f *watchFlags) config(paths, command []string) (*configs.Config, error) {
	files := &configs.Files{Recursive: !f.flat, Events: f.events, Include: f.include, Ignore: f.ignore, Engine: "auto", Initial: f.initial}
	if err := errors.Join(f.check(), watched(files, paths)); err != nil {
		return nil, usageError{err}
	}
	exec := &configs.Exec{Stdin: "event", Output: "inherit", KillAfter: 10 * time.Second}
	env := expr.EnvFor("files", "event")
	for _, arg := range command {
		t, err := expr.CompileTemplate(arg, env)
		if err != nil {
			return nil, usageError{fmt.Errorf("argument %q: %w", arg, err)}
		}
		exec.Command = append(exec.Command, t)
	}
	return &configs.Config{
		Settings: configs.Settings{MaxPending: watchPending, StopTimeout: 0, // Ctrl-C ends the command too
			Log: configs.LogSettings{Level: "warn", Format: "console"}},
		Sources: []configs.Source{{
			Name: "watch", Kind: "files", Files: files, Each: "event", Parallel: 1,
			Coalesce: configs.Coalesce{Settle: f.settle, Max: f.max},
			Handler:  &configs.Handler{Exec: exec, Timeout: f.timeout},
		}},
	}, nil
}

// check looks at the flags as a configuration's keys are looked at.
func (f *watchFlags) check() error {
	for _, glob := range append(f.include, f.ignore...) {
		if !doublestar.ValidatePattern(glob) {
			return fmt.Errorf("bad glob %q", glob)
		}
	}
	for _, name := range f.events {
		if op, err := coalesce.ParseOp(name); err != nil || op > coalesce.Attrib {
			return fmt.Errorf("unknown event %q: create, write, close, delete, rename and attrib are known", name)
		}
	}
	if f.settle < 0 || f.max < 0 || f.timeout < 0 {
		return errors.New("a duration can't be negative")
	}
	return nil
}

// watched sets the roots. A PATH that is a file is watched in its directory;
// files and directories can't be mixed.
func watched(files *configs.Files, paths []string) error {
	var names []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		info, err := os.Stat(abs)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			names = append(names, filepath.Base(abs))
			abs = filepath.Dir(abs)
		}
		if !slices.Contains(files.Paths, abs) {
			files.Paths = append(files.Paths, abs)
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case len(names) < len(paths) || len(files.Include) > 0:
		return errors.New("a PATH is a file: name files only and no --include, or the directories they are in")
	}
	files.Recursive = false
	for _, name := range names {
		files.Include = append(files.Include, daemon.EscapeGlob(name))
	}
	return nil
}
