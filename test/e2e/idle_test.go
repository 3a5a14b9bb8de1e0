package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ensure that an idle daemon is idle: with 1,000 watched directories and 1,000
// timers of an hour the loop never returns, the threads are woken no more often
// than those of a Go program that does nothing, and memory stays small.
func TestIdle(t *testing.T) {
	window := 12 * time.Second
	if soak() {
		window = time.Minute
	}
	var config strings.Builder
	config.WriteString("sources:\n  tree: { files: { paths: [$DIR/tree], recursive: true }, handler: { log: x } }\n")
	for i := range 1000 {
		fmt.Fprintf(&config, "  t%d: { timer: { every: 1h }, handler: { log: x } }\n", i)
	}
	d := prepare(t, config.String())
	for i := range 1000 {
		must(t, os.MkdirAll(d.path("tree", strconv.Itoa(i)), 0o700))
	}
	d.binary = plain
	if os.Geteuid() == 0 {
		// Other tests mount and unmount, which a daemon that watches files
		// looks at: let it not see them.
		d.attributes = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	bare := bareProgram(t)

	returns := d.whole().Returns
	time.Sleep(2 * time.Second) // the client's connection ends, and garbage is collected
	woken, bareWoken := switches(t, d.command.Process.Pid), switches(t, bare)
	time.Sleep(window) // nothing is to happen: only time can show it
	woken, bareWoken = switches(t, d.command.Process.Pid)-woken, switches(t, bare)-bareWoken
	if n := d.whole().Returns - returns; n != 0 {
		t.Errorf("the loop returned %d times", n)
	}
	// Both have the runtime's own few; chance spreads them.
	if slack := int(20*window.Minutes()) + 2; woken > bareWoken+slack {
		t.Errorf("threads were woken %d times in %v, those of a bare Go program %d times", woken, window, bareWoken)
	}
	rss, anonymous := memory(t, d.command.Process.Pid)
	t.Logf("woken %d (bare %d) in %v, resident %d KiB, anonymous %d KiB", woken, bareWoken, window, rss, anonymous)
	if rss > 24<<10 {
		t.Errorf("resident memory %d KiB, at most 24 MiB wanted", rss)
	}
	if anonymous > 10<<10 {
		t.Errorf("anonymous memory %d KiB, at most 10 MiB wanted", anonymous)
	}
}

// bareProgram runs a Go program that waits for a signal, and returns its pid.
func bareProgram(t *testing.T) int {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(`package main

import (
	"os"
	"os/signal"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}
`), 0o600))
	bin := filepath.Join(dir, "bare")
	if out, err := exec.Command("go", "build", "-o", bin, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(bin)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

// switches is how often the threads of a process have gone to sleep so far.
func switches(t *testing.T, pid int) int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	must(t, err)
	n := 0
	for _, task := range tasks {
		n += field(t, task, "voluntary_ctxt_switches:")
	}
	return n
}

// memory is what a process occupies, in KiB.
func memory(t *testing.T, pid int) (rss, anonymous int) {
	t.Helper()
	file := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	return field(t, file, "Rss:"), field(t, file, "Anonymous:")
}

func field(t *testing.T, file, name string) int {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if rest, ok := strings.CutPrefix(scan.Text(), name); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			must(t, err)
			return n
		}
	}
	t.Fatalf("%s has no %s", file, name)
	panic("unreachable")
}
