package e2e

import (
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
