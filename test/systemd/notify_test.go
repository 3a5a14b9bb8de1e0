package systemd_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/reactord/reactord/test/box"
)

// notifier builds the program of testdata, once.
var notifier = sync.OnceValues(func() (string, error) { return build("./test/systemd/testdata/notifier") })

// bootNotifier starts the notifier of testdata with a status in the unit x.service. It
// needs no daemon.
func bootNotifier(t *testing.T, status string) *machine {
	t.Helper()
	box.Require(t)
	binary, err := notifier()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{Box: box.Boot(t, box.Options{}), t: t}
	m.Copy(binary, "/usr/bin/notifier", 0o755)
	m.Write("/etc/status", status, 0o644)
	m.Write("/etc/systemd/system/x.service",
		"[Service]\nType=notify\nTimeoutStartSec=10s\nExecStart=/usr/bin/notifier /etc/status\n", 0o644)
	m.must("systemctl", "daemon-reload")
	m.must("systemctl", "start", "x.service")
	return m
}

// Ensure that systemd takes the notifier's messages for what they mean.
func TestNotifier(t *testing.T) {
	m := bootNotifier(t, "watching 3 sources, ü")
	m.expect("x.service", map[string]string{"ActiveState": "active", "SubState": "running", "StatusText": "watching 3 sources, ü"})
	m.must("systemctl", "stop", "--no-block", "x.service")
	m.Eventually(patience, "the status of a service that stops", func() bool {
		return m.show("x.service", "StatusText")["StatusText"] == "waiting for SIGUSR1"
	})
	m.expect("x.service", map[string]string{"ActiveState": "deactivating"})
	m.must("systemctl", "kill", "--signal=USR1", "x.service")
	m.must("systemctl", "stop", "x.service") // waits for the stop under way
	m.expect("x.service", map[string]string{"ActiveState": "inactive", "Result": "success"})
}

// Ensure that the limits package systemd keeps are those of systemd: what would be
// another assignment, or have the message ignored, arrives as part of the status.
func TestNotifier_HostileStatus(t *testing.T) {
	for _, tt := range []struct{ name, status, want string }{
		{"newline", "x\nSTATUS=forged\nMAINPID=1", "x STATUS=forged MAINPID=1"},
		{"carriage return", "x\rSTATUS=forged\rMAINPID=1", "x STATUS=forged MAINPID=1"},
		{"NUL", "x\x00y", "x y"},
		{"not UTF-8", "x\xffy", "x\uFFFDy"},
		{"longer than a message may be", strings.Repeat("x", 5000), strings.Repeat("x", 1024)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := bootNotifier(t, tt.status)
			m.expect("x.service", map[string]string{"ActiveState": "active", "StatusText": tt.want})
		})
	}
}
