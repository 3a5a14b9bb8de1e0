package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/control"
	"github.com/reactord/reactord/internal/daemon"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/systemd"
)

func newRun() *cobra.Command {
	var file, socket string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon in the foreground",
		Long: `Run the daemon in the foreground until TERM or INT. It logs to standard error.
A second signal ends it at once: handlers are killed.`,
		Args: usage(byFlag),
		RunE: func(*cobra.Command, []string) error {
			c, err := configs.Load(file)
			if err != nil {
				return err
			}
			if _, faults := daemon.Examine(c); len(faults) > 0 {
				return faults
			}
			if socket != "" {
				c.Settings.Control = socket
			}
			if err := daemon.BlockSignals(c); err != nil {
				return err
			}
			return serve(c)
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&socket, "control", "", "path of the control socket, instead of the configured one")
	return cmd
}

func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", configs.DefaultConfig(), "the configuration file")
}

// serve runs a daemon with its control socket, and tells systemd.
func serve(c *configs.Config) error {
	log, flush := newLogger(c.Settings.Log)
	defer flush()
	notifier, err := systemd.NewNotifier(os.Getenv)
	if err != nil {
		return err
	}
	defer notifier.Close()
	listener, err := control.Listen(c.Settings.Control)
	if err != nil {
		return err
	}
	closeServer := listener.Close
	err = work(c, log, func(d *daemon.Daemon) (stopping func(), err error) {
		server, err := control.Serve(listener, d)
		if err != nil {
			return nil, err
		}
		status := summary(d.Status())
		log.Info().Str("config", c.File).Str("control", c.Settings.Control).Msg("ready: " + status)
		warn(log, notifier.Ready(status))
		closeServer = server.Close
		return func() {
			warn(log, notifier.Stopping("waiting for handlers to finish"))
			log.Info().Stringer("at_most", c.Settings.StopTimeout).Msg("stopping")
		}, nil
	})
	// The socket goes last: as long as handlers run nobody may take our place.
	err = errors.Join(err, closeServer())
	log.Info().Msg("stopped")
	return err
}

// work runs a daemon until a signal ends it. started is called when every
// source is registered or waits, and what it returns when the end begins.
func work(c *configs.Config, log zerolog.Logger, started func(*daemon.Daemon) (stopping func(), err error)) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	// Asked for, a write to a pipe nobody reads fails instead of ending us.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)

	r := reactor.New(reactor.WithTracer(tracer{log}))
	d := daemon.New(c, r, log)
	d.Start()
	stopping, err := started(d)
	// A daemon is idle for long and lives beside others: give back what reading
	// the configuration took, and collect at half the usual growth from now on.
	debug.SetGCPercent(50)
	debug.FreeOSMemory()
	if err == nil {
		wait(log, signals, nil)
		stopping()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	patience := time.AfterFunc(c.Settings.StopTimeout, func() { cancel(handlers.ErrStopping) })
	defer patience.Stop()
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		if !wait(log, signals, stopped) {
			return
		}
		cancel(handlers.ErrAtOnce)
		select {
		case <-stopped:
		case <-time.After(atOnce):
			os.Exit(1)
		}
	}()
	d.Stop(ctx)
	return errors.Join(err, r.Close())
}

// atOnce is what a second signal leaves for ending handlers, whatever holds
// them up.
const atOnce = 3 * time.Second

// wait returns on the first signal that ends the daemon; false when done came
// before.
func wait(log zerolog.Logger, signals <-chan os.Signal, done <-chan struct{}) bool {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				return true
			}
			log.Warn().Msg("SIGHUP: reloading is not yet implemented; restart the daemon")
		case <-done:
			return false
		}
	}
}

func warn(log zerolog.Logger, err error) {
	if err != nil {
		log.Warn().Err(err).Msg("systemd was not told")
	}
}

// summary is the daemon's state in one line.
func summary(st daemon.Status) string {
	text := fmt.Sprintf("%d sources", len(st.Sources))
	if n := st.Waiting(); n > 0 {
		text += fmt.Sprintf(", %d of them waiting", n)
	}
	return text
}
