package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/reactord/reactord/test/need"
)

// Require skips the test where no box can be booted, and says why; see package need.
func Require(t testing.TB) {
	t.Helper()
	if err := probe(); err != nil {
		need.Skip(t, need.Systemd, "no box can be booted here: %v", err)
	}
}

// probe finds out by building a box, all but the last step. It takes some
// milliseconds, once a process.
var probe = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	for _, program := range []string{"nsenter", "setpriv"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("util-linux is not installed: %w", err)
		}
	}
	if _, err := os.Stat(systemdPath); err != nil {
		return fmt.Errorf("systemd is not installed: %w", err)
	}
	if _, err := os.Stat("/usr/bin/dbus-daemon"); err != nil {
		return fmt.Errorf("dbus is not installed: %w", err)
	}
	_, err := start(plan{Probe: true})
	return err
})
