package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// RequireVariable is the environment variable that, set to 1, makes [Require] fail a
// test where it would skip it, so that a pipeline cannot lose these tests unseen.
const RequireVariable = "REACTORD_REQUIRE_SYSTEMD"

// Require skips the test where no box can be booted, and says why.
func Require(t testing.TB) {
	t.Helper()
	err := probe()
	switch {
	case err == nil:
	case os.Getenv(RequireVariable) == "1":
		t.Fatalf("%s=1, but no box can be booted here: %v", RequireVariable, err)
	default:
		t.Skipf("no box can be booted here: %v", err)
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
