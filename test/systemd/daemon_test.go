package systemd_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// reacting is a configuration whose handlers can be seen to run: one logs, one is a
// program that stays.
const reacting = `
settings:
  control: ` + control + `
  stop_timeout: 2s
sources:
  ping:
    custom: list
    handler: { exec: [echo, pong, "${items}"] }
  stay:
    custom: add
    handler: { exec: [sh, -c, "echo staying; exec sleep 1000"] }
`

// emit sends an event to a custom source.
func (m *machine) emit(source, data string) {
	m.t.Helper()
	m.must(binaryPath, "emit", source, data, "--control", control)
}

// Ensure that systemd has nothing to say about the unit file, and that its time-outs
// leave the daemon the time it takes.
func TestUnit(t *testing.T) {
	m := boot(t, "")
	stdout, stderr, code := m.Run("systemd-analyze", "verify", unitPath)
	if stdout != "" || stderr != "" || code != 0 {
		t.Errorf("systemd-analyze verify: status %d\n%s%s", code, stdout, stderr)
	}
	m.must("systemctl", "enable", "reactord.service")
	m.expect("reactord.service", map[string]string{
		"LoadState":       "loaded",
		"Type":            "notify",
		"NotifyAccess":    "main",
		"Restart":         "on-failure",
		"KillMode":        "mixed",
		"TimeoutStopUSec": "45s", // more than stop_timeout's 30 s
		"UnitFileState":   "enabled",
		"WantedBy":        "multi-user.target",
	})
}

// Ensure that "systemctl start" returns when the daemon is ready, and not before: it
// is active, has a status, and answers.
func TestStart(t *testing.T) {
	m := boot(t, "")
	m.must("systemctl", "start", "reactord.service")
	m.expect("reactord.service", map[string]string{
		"ActiveState": "active",
		"SubState":    "running",
		"Result":      "success",
		"NRestarts":   "0",
	})
	if status := m.show("reactord.service", "StatusText")["StatusText"]; status == "" {
		t.Error("StatusText is empty")
	}
	for _, dir := range []string{"/run/reactord", "/var/lib/reactord", "/etc/reactord"} {
		m.must("test", "-d", dir)
	}
	status := m.must(binaryPath, "status", "--json", "--control", control)
	if !json.Valid([]byte(status)) {
		t.Errorf("status --json: %s", status)
	}
}

// Ensure that the unit's hardening leaves handlers the machine as it is: set-user-ID
// programs work, files and mounts are those of the host.
func TestStart_HandlersAreFree(t *testing.T) {
	m := boot(t, "")
	m.must("systemctl", "start", "reactord.service")
	pid := m.show("reactord.service", "MainPID")["MainPID"]
	if got := m.must("grep", "NoNewPrivs", "/proc/"+pid+"/status"); strings.TrimSpace(got) != "NoNewPrivs:\t0" {
		t.Errorf("got %q, want no NoNewPrivs", got)
	}
	links := strings.Fields(m.must("readlink", "/proc/"+pid+"/ns/mnt", "/proc/1/ns/mnt"))
	if len(links) != 2 || links[0] != links[1] {
		t.Errorf("mount namespaces of daemon and PID 1: %q", links)
	}
}

// Ensure that a bad configuration makes the start fail, and that the journal says what
// is wrong and where.
func TestStart_BadConfiguration(t *testing.T) {
	m := boot(t, "sources:\n  nightly:\n    tmer: { every: 1h }\n    handler: { log: tick }\n")
	if _, _, code := m.Run(binaryPath, "check", "--config", configPath); code != 1 {
		t.Errorf("reactord check: status %d, want 1", code)
	}
	_, stderr, code := m.Run("systemctl", "start", "reactord.service")
	if code == 0 || !strings.Contains(stderr, "failed") {
		t.Errorf("systemctl start: status %d, %q", code, stderr)
	}
	if _, _, code := m.Run("systemctl", "is-active", "--quiet", "reactord.service"); code == 0 {
		t.Error("the service is active")
	}
	journal := m.journal()
	for _, want := range []string{configPath, "tmer"} {
		if !strings.Contains(journal, want) {
			t.Errorf("no %q in the journal:\n%s", want, journal)
		}
	}
}

// Ensure that a stop is clean and complete, with nothing to do and with a handler that
// would run on for long.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*machine)
	}{
		{"idle", func(*machine) {}},
		{"a handler runs", func(m *machine) {
			m.emit("stay", "1")
			m.waitLog("staying")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := boot(t, reacting)
			m.must("systemctl", "start", "reactord.service")
			tt.prepare(m)
			unit := m.show("reactord.service", "ControlGroup", "MainPID")
			procs := "/sys/fs/cgroup" + unit["ControlGroup"] + "/cgroup.procs"
			if pids := strings.Fields(m.must("cat", procs)); !slices.Contains(pids, unit["MainPID"]) {
				t.Fatalf("%s: got %q, want %s in it", procs, pids, unit["MainPID"])
			}
			m.must("systemctl", "stop", "reactord.service")
			m.expect("reactord.service", map[string]string{
				"ActiveState":    "inactive",
				"SubState":       "dead",
				"Result":         "success",
				"ExecMainStatus": "0",
			})
			if stdout, _, code := m.Run("cat", procs); code == 0 && stdout != "" {
				t.Errorf("processes left in the cgroup: %q", stdout)
			}
			if stdout, _, _ := m.Run("pidof", "sleep", "reactord"); stdout != "" {
				t.Errorf("processes left: %q", stdout)
			}
			// What the daemon leaves, systemd kills; it is to leave nothing.
			if log := m.must("journalctl", "--no-pager", "--output=cat", "UNIT=reactord.service"); strings.Contains(log, "Killing process") {
				t.Errorf("systemd had to kill:\n%s", log)
			}
			if _, _, code := m.Run("test", "-e", "/run/reactord"); code == 0 {
				t.Error("/run/reactord is left")
			}
		})
	}
}

// Ensure that systemd starts the daemon again after SIGKILL, and that it reacts then
// as it did before.
func TestKill(t *testing.T) {
	m := boot(t, reacting)
	m.must("systemctl", "start", "reactord.service")
	m.emit("ping", "before")
	m.waitLog("pong before")

	first := m.show("reactord.service", "MainPID")["MainPID"]
	m.must("kill", "-KILL", first)
	m.Eventually(patience, "the restart", func() bool {
		now := m.show("reactord.service", "NRestarts", "ActiveState")
		return now["NRestarts"] == "1" && now["ActiveState"] == "active"
	})
	if second := m.show("reactord.service", "MainPID")["MainPID"]; second == first || second == "0" {
		t.Errorf("main process: %s, then %s", first, second)
	}
	m.emit("ping", "after")
	m.waitLog("pong after")
	m.expect("reactord.service", map[string]string{"NRestarts": "1", "SubState": "running"})
}

// Ensure that what the daemon and its handlers write can be found in the journal by
// unit, process and identifier.
func TestJournal(t *testing.T) {
	m := boot(t, reacting)
	m.must("systemctl", "start", "reactord.service")
	m.emit("ping", "found")
	m.waitLog("pong found")
	pid := m.show("reactord.service", "MainPID")["MainPID"]
	text := m.must("journalctl", "--output=json", "--no-pager", "--unit=reactord.service", "_PID="+pid)
	found := false
	for line := range strings.Lines(text) {
		var entry struct {
			Message    any    `json:"MESSAGE"`
			Unit       string `json:"_SYSTEMD_UNIT"`
			Identifier string `json:"SYSLOG_IDENTIFIER"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if entry.Unit != "reactord.service" || entry.Identifier != "reactord" {
			t.Errorf("unit %q, identifier %q: %v", entry.Unit, entry.Identifier, entry.Message)
		}
		if strings.Contains(fmt.Sprint(entry.Message), "pong found") {
			found = true
		}
	}
	if !found {
		t.Errorf("not in the entries of process %s:\n%s", pid, text)
	}
}

// Ensure that the end of a unit's main process is told with its status, whoever
// started it and however often it was started again.
func TestUnitProcess(t *testing.T) {
	m := boot(t, `
settings: { log: { format: json } }
sources:
  gone: { process: { unit: worker.service }, handler: { log: "worker left: code ${exit.code} signal ${exit.signal}" } }
`)
	m.Write("/etc/systemd/system/worker.service", "[Service]\nExecStart=/bin/sh -c 'read x </run/go; exit 3'\n", 0o644)
	m.must("mkfifo", "/run/go")
	m.must("systemctl", "daemon-reload")
	m.must("systemctl", "start", "reactord.service")
	m.must("systemctl", "start", "worker.service")
	following := func() bool {
		out := m.must("reactord", "status", "--json", "--control", control)
		return strings.Contains(out, `"following": 1`)
	}
	m.Eventually(patience, "the unit's process is followed", following)
	m.must("sh", "-c", "echo >/run/go")
	m.waitLog("worker left: code 3")
	m.must("systemctl", "restart", "worker.service")
	m.Eventually(patience, "the new process is followed", following)
	m.must("systemctl", "kill", "--signal=KILL", "worker.service")
	m.waitLog("signal SIGKILL")
}

// Ensure that the start of a unit's main process is told, and that a system bus
// that is started anew makes nobody deaf.
func TestUnitProcess_Start(t *testing.T) {
	m := boot(t, `
settings: { log: { format: json } }
sources:
  unit: { process: { unit: worker.service, events: [start, exit] }, handler: { log: "worker: ${what} ${exit.signal}" } }
`)
	m.Write("/etc/systemd/system/worker.service", "[Service]\nExecStart=/bin/sleep infinity\n", 0o644)
	m.must("systemctl", "daemon-reload")
	m.must("systemctl", "start", "reactord.service")
	m.must("systemctl", "start", "worker.service")
	m.waitLog("worker: start")
	m.must("systemctl", "stop", "dbus.socket", "dbus.service")
	m.waitLog("the connection to the system bus has ended")
	pid := m.must("pidof", "sleep")
	m.must("kill", "-KILL", strings.TrimSpace(pid))
	m.waitLog("worker: exit SIGKILL")
	m.must("systemctl", "start", "dbus.socket")
	m.waitLog("the system bus answers again")
	m.must("systemctl", "start", "worker.service")
	m.Eventually(patience, "the second start", func() bool {
		return strings.Count(m.must("journalctl", "_SYSTEMD_UNIT=reactord.service", "--output=cat"), "worker: start") == 2
	})
}

// Ensure that a source listens on the sockets of a socket unit, by their name, and
// that whoever connects while the service is being started again is served.
func TestSocketUnit(t *testing.T) {
	m := boot(t, `
settings: { log: { format: json } }
sources:
  echo: { read: { listen: systemd:echo }, handler: { exec: { command: [tr, a-z, A-Z], stdin: connection } } }
  none: { read: { listen: systemd:nobody }, handler: { log: x } }
`)
	m.Write("/etc/systemd/system/reactord.socket", "[Socket]\nFileDescriptorName=echo\nListenStream=/run/echo\nListenStream=127.0.0.1:7007\n", 0o644)
	m.must("systemctl", "daemon-reload")
	m.must("systemctl", "start", "reactord.socket")
	m.must("systemctl", "start", "reactord.service")
	talk := func(to string) {
		t.Helper()
		const script = `use IO::Socket::UNIX; use IO::Socket::INET; my $to = $ARGV[0];
my $s = $to =~ m{^/} ? IO::Socket::UNIX->new(Peer => $to) : IO::Socket::INET->new(PeerAddr => $to);
print $s "hello"; $s->flush; shutdown($s, 1); print <$s>;`
		if got := m.must("perl", "-e", script, to); got != "HELLO" {
			t.Errorf("%s: %q", to, got)
		}
	}
	talk("/run/echo")
	talk("127.0.0.1:7007")
	m.waitLog(`systemd passed no socket called \"nobody\": write FileDescriptorName=nobody in a socket unit`)
	m.must("systemctl", "stop", "reactord.service")
	talk("/run/echo") // which starts it
	m.expect("reactord.service", map[string]string{"ActiveState": "active"})
}
