package systemd_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/reactord/reactord/test/box"
)

// Where the files of the repository are installed, and the control socket of the
// configurations used here.
const (
	binaryPath = "/usr/bin/reactord"
	unitPath   = "/usr/lib/systemd/system/reactord.service"
	configPath = "/etc/reactord/reactord.yaml"
	control    = "/run/reactord/control.sock"
)

// patience bounds every wait for something that takes milliseconds when all is well.
const patience = 20 * time.Second

// moduleRoot is the directory of go.mod; a test runs in its package's directory.
var moduleRoot = filepath.Join("..", "..")

// buildDir is where programs are built.
var buildDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "reactord-systemd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// daemon builds the daemon, once.
var daemon = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("REACTORD_BINARY"); path != "" {
		return path, nil
	}
	return build("./cmd/reactord")
})

// build builds a command of the module as it is shipped: without cgo.
func build(pkg string) (string, error) {
	out := filepath.Join(buildDir, filepath.Base(pkg))
	// The directory of os.MkdirTemp is absolute, so it does for the other directory.
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Dir = moduleRoot
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, text)
	}
	return out, nil
}

// A machine is a box in which the daemon is installed, but not started.
type machine struct {
	*box.Box
	t *testing.T
}

// boot installs the daemon, its unit and a configuration: the text given, or the
// quick start of the repository for "".
func boot(t *testing.T, config string) *machine {
	t.Helper()
	box.Require(t) // before the daemon is built for nothing
	binary, err := daemon()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{Box: box.Boot(t, box.Options{}), t: t}
	m.Copy(binary, binaryPath, 0o755)
	m.Copy(filepath.Join(moduleRoot, "systemd", "reactord.service"), unitPath, 0o644)
	if config == "" {
		m.Copy(filepath.Join(moduleRoot, "configs", "quickstart.yaml"), configPath, 0o644)
	} else {
		m.Write(configPath, config, 0o644)
	}
	m.must("systemctl", "daemon-reload")
	return m
}

// must runs a command that has to succeed and returns what it wrote to stdout.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	stdout, stderr, code := m.Run(args...)
	if code != 0 {
		m.t.Fatalf("%q: status %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// show returns properties of a unit.
func (m *machine) show(unit string, properties ...string) map[string]string {
	m.t.Helper()
	values := map[string]string{}
	for line := range strings.Lines(m.must("systemctl", "show", unit, "--property="+strings.Join(properties, ","))) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			values[name] = value
		}
	}
	return values
}

// expect compares properties of a unit.
func (m *machine) expect(unit string, want map[string]string) {
	m.t.Helper()
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	got := m.show(unit, names...)
	for name, value := range want {
		if got[name] != value {
			m.t.Errorf("%s of %s: got %q, want %q", name, unit, got[name], value)
		}
	}
}

// journal returns the log lines of the unit's own processes.
func (m *machine) journal() string {
	m.t.Helper()
	m.must("journalctl", "--sync")
	return m.must("journalctl", "_SYSTEMD_UNIT=reactord.service", "--output=cat", "--no-pager")
}

// waitLog follows the journal of the unit until a line of its processes has the text
// in it.
func (m *machine) waitLog(text string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := m.Command(ctx, "journalctl", "_SYSTEMD_UNIT=reactord.service", "--output=cat", "--follow", "--no-tail")
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	found := false
	for lines := bufio.NewScanner(out); !found && lines.Scan(); {
		found = strings.Contains(lines.Text(), text)
	}
	cancel()
	_ = cmd.Wait() // it was killed
	if !found {
		m.t.Fatalf("not logged within %v: %q", patience, text)
	}
}
