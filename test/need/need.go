// Package need skips tests where the machine lacks what they are about, unless the
// environment says that it must be there: a pipeline so loses none of them unseen.
package need

import (
	"os"
	"testing"
)

// The variables that, set to 1, make a test fail that would be skipped.
const (
	// Systemd is a systemd that can be booted, and its programs.
	Systemd = "REACTORD_REQUIRE_SYSTEMD"
	// Connector is the kernel's process connector.
	Connector = "REACTORD_REQUIRE_CONNECTOR"
	// Root is what else the kernel lets root do: mount, give files away, set triggers
	// of pressure, make control groups (version 2), hear of how processes ended.
	Root = "REACTORD_REQUIRE_ROOT"
	// Tools are programs and data that are installed before the tests are run.
	Tools = "REACTORD_REQUIRE_TOOLS"
)

// Skip ends the test for want of what the variable stands for.
func Skip(t testing.TB, variable, format string, args ...any) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatalf(variable+"=1, but "+format, args...)
	}
	t.Skipf(format, args...)
}
