package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

// nobody has the daemon run as another user than root, in a directory of that user's.
func (d *instance) nobody() {
	d.t.Helper()
	if os.Geteuid() != 0 {
		need.Skip(d.t, need.Root, "only root can be somebody else")
	}
	const user = 65534
	d.binary = d.path("reactord")
	text, err := os.ReadFile(binary)
	must(d.t, err)
	must(d.t, os.WriteFile(d.binary, text, 0o755))
	must(d.t, os.Chmod(filepath.Dir(d.dir), 0o755))
	must(d.t, os.Chown(d.dir, user, user))
	must(d.t, os.Chown(d.config, user, user))
	d.attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
}

// PR2: a daemon that isn't root's says which processes it can't see.
func TestPR2_ProcessesOfOthers(t *testing.T) {
	const want = "processes of other users are not seen: what they execute is told to root (CAP_SYS_PTRACE) only"
	d := prepare(t, `
sources:
  exe:  { process: { exe: /usr/bin/sleep }, handler: { log: x } }
  name: { process: { name: sleep }, handler: { log: x } }
`)
	d.nobody()
	check := exec.Command(d.binary, "check", "--config", d.config)
	check.SysProcAttr = d.attributes
	out, err := check.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\n  exe: "+want+"\n") || strings.Count(string(out), want) != 1 {
		t.Errorf("%v:\n%s", err, out)
	}
	if strings.Contains(string(out), "noticed at once") && strings.Count(string(out), "may be gone before it can be looked at") != 2 {
		t.Errorf("nothing is said of those that end at once:\n%s", out)
	}
	d.ready()
	if got := d.status("exe").Detail["unseen"]; got != want {
		t.Errorf("status says %q", got)
	}
	if got := d.status("name").Detail["unseen"]; got != nil {
		t.Errorf("status says %q", got)
	}
	if d.status("exe").Detail["starts"] != "noticed at once" {
		return
	}
	must(t, exec.Command("/usr/bin/sleep", "0").Run()) // root's
	eventually(t, "it is counted", func() bool {
		n, _ := d.status("exe").Detail["not_permitted"].(float64)
		return n > 0
	})
}

// PR2: of many processes that end at once each is told or counted.
func TestPR2_NoneIsMissedSilently(t *testing.T) {
	connector(t)
	const n = 300
	d := prepare(t, `
sources:
  exe: { process: { exe: $DIR/brief, events: [start, exit] }, handler: { log: "${what} ${exit.code} ${pid}" } }
`)
	path, err := exec.LookPath("true")
	must(t, err)
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(d.path("brief"), text, 0o755))
	d.ready()
	for range n {
		must(t, exec.Command(d.path("brief")).Run())
	}
	said := func(what string) int {
		return d.count(func(l line) bool { return strings.HasPrefix(l.text("message"), what+" ") })
	}
	unseen := func() int {
		n, _ := d.status("exe").Detail["ended_unseen"].(float64)
		return int(n)
	}
	eventually(t, "each is told or counted", func() bool { return said("start")+unseen() >= n && said("exit")+unseen() >= n })
	if starts, exits := said("start"), said("exit"); starts != exits {
		t.Errorf("%d starts and %d ends told", starts, exits)
	}
	if endings, err := sources.OpenEndings(); err == nil {
		endings.Close()
		if got := said("start"); got != n || said("exit 0") != n {
			t.Errorf("%d of %d told", got, n)
		}
	}
}
