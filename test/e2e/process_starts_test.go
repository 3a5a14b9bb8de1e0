package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/reactord/reactord/test/need"
)

// PR2: processes of a name and of an executable that start later are noticed,
// each one's end is told once, and nothing of it needs one of them to run before.
func TestPR2_ProcessesThatStartLater(t *testing.T) {
	name := fmt.Sprint("late", os.Getpid()) // nobody else's
	d := prepare(t, strings.ReplaceAll(`
sources:
  named: { process: { name: NAME }, handler: { log: "named ${pid} ${exit.code}" } }
  exe:   { process: { exe: $DIR/NAME }, handler: { log: "exe ${pid} ${exit.code}" } }
`, "NAME", name))
	shell, err := exec.LookPath("bash")
	if err != nil {
		need.Skip(t, need.Tools, "bash is not installed")
	}
	text, err := os.ReadFile(shell)
	must(t, err)
	must(t, os.WriteFile(d.path(name), text, 0o755))
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	if starts := d.status("named").Detail["starts"]; starts != "noticed at once" {
		need.Skip(t, need.Connector, "starts are %v", starts)
	}
	want := map[string]bool{}
	for i := range 4 {
		cmd := exec.Command(d.path(name), "-c", fmt.Sprintf("read x; exit %d", i))
		in, err := cmd.StdinPipe()
		must(t, err)
		must(t, cmd.Start())
		for _, source := range []string{"named", "exe"} {
			for d.status(source).Detail["following"] == 0. {
			}
		}
		must(t, in.Close())
		for _, source := range []string{"named", "exe"} {
			message := fmt.Sprintf("%s %d %d", source, cmd.Process.Pid, i)
			d.says(source, message)
			want[message] = true
		}
		_ = cmd.Wait() // a zombie until now: told once all the same
	}
	d.stop()
	if n := d.count(func(l line) bool { return strings.HasPrefix(l.text("message"), l.text("source")+" ") }); n != len(want) {
		t.Errorf("%d exits told, want %d", n, len(want))
	}
}
