// Command notifier is the smallest service that uses package systemd. It says that it
// is ready, with its first argument as the status, and lives until SIGTERM; then it
// says that it stops and waits for SIGUSR1 before it does.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/reactord/reactord/systemd"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	status, err := os.ReadFile(os.Args[1])
	exitOn(err)
	n, err := systemd.NewNotifier(os.Getenv)
	if err == nil && n == nil {
		err = fmt.Errorf("no NOTIFY_SOCKET")
	}
	exitOn(err)
	exitOn(n.Ready(string(status)))
	for sig := range signals {
		if sig == syscall.SIGUSR1 {
			break
		}
		exitOn(n.Stopping("waiting for SIGUSR1"))
	}
	exitOn(n.Close())
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
