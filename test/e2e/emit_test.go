package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// What is emitted arrives as it was, long and large numbers too, and expressions
// compute with it.
func TestEmittedNumbers(t *testing.T) {
	d := start(t, `
sources:
  list: { custom: list, handler: { exec: { shell: 'cat' } } }
  big:  { custom: list, when: "items[0].id > 1234567890123456788", handler: { log: "${items[0].id}" } }
`)
	for _, payload := range []string{`{"id":1234567890123456789}`, `{"x":1e400}`, `[0.1,-2]`} {
		d.emit("list", payload)
		d.await(payload, func(l line) bool {
			return l.text("source") == "list" && strings.Contains(l.text("message"), `"items":[`+payload+`]`)
		})
	}
	d.emit("big", `{"id":1234567890123456788}`)
	eventually(t, "it is skipped", func() bool { return d.status("big").Skipped == 1 })
	d.emit("big", `{"id":1234567890123456789}`)
	d.says("big", "1234567890123456789")
}

// What is too long to emit, or to be an argument, says what to do instead.
func TestEmittedTooLong(t *testing.T) {
	d := start(t, `
sources:
  list: { custom: list, handler: { exec: ["true", "${items}"] } }
`)
	long := strings.Repeat("x", 200_000)
	emit := func(text string) (string, error) {
		cmd := exec.Command(binary, "emit", "list", "-", "--control", d.socket)
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := emit("short\n" + strings.Repeat(long, 6)); err == nil || !strings.Contains(out, "line 2: the datum is longer than 1 MiB") {
		t.Errorf("%v %s", err, out)
	}
	if out, err := emit(long); err != nil {
		t.Errorf("%v %s", err, out)
	}
	failed := d.says("list", "run failed")
	if why := fmt.Sprint(failed); !strings.Contains(why, "argument list too long") || !strings.Contains(why, "stdin: event") {
		t.Error(why)
	}
}
