package manual_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/reactord/reactord/configs/internal/manual"
	"github.com/reactord/reactord/test/need"
)

const page = "../../../docs/man/reactord.yaml.5"

func TestPageIsFresh(t *testing.T) {
	in, err := manual.Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	want, err := manual.Page(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/man/reactord.yaml.5 is not what the structures say: run go generate ./configs")
	}
}

// Every kind of source has a section with an example, and groff has nothing to
// complain of.
func TestPageIsComplete(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"TIMER", "READ", "WRITE", "VNODE", "FILES", "SIGNAL", "PROCESS", "CUSTOM", "PORT", "PRESSURE", "INTERNAL"} {
		_, section, found := strings.Cut(string(text), ".SH SOURCE: "+kind+"\n")
		section, _, _ = strings.Cut(section, "\n.SH ")
		if !found || !strings.Contains(section, ".SS Fields of its events\n.TP\n") || !strings.Contains(section, ".SS Examples\n") {
			t.Errorf("%s has no section, or one without fields or examples", kind)
		}
	}
	if _, err := exec.LookPath("groff"); err != nil {
		need.Skip(t, need.Tools, "groff is not installed")
	}
	out, err := exec.Command("groff", "-man", "-ww", "-z", "-Kutf8", page).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
