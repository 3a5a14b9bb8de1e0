package handlers

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
)

// Ensure that a record which is said to be short fits into what every pipe
// holds, whatever its texts are made of: it is written without waiting.
func TestXC2_ShortRecordsFitIntoAPipe(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		worst := rapid.SampledFrom([]string{"\x01", "\xff", "\\", "\"", "\u2028", "<", "a", "é"}).Draw(t, "byte")
		return strings.Repeat(worst, rapid.IntRange(0, 120).Draw(t, "times"))
	})
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		data := ^uint64(0)
		code := -1 << 31
		e := &Event{ID: "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", Source: text.Draw(t, "source"), Kind: "files", Time: time.Now(), Attempt: 1 << 30,
			Data: &data, Bytes: &data, Ticks: data, Scheduled: time.Now(), EOF: true, Signal: "SIGRTMIN+30", SignalCount: data,
			PID: 1 << 22, Name: text.Draw(t, "name"), Exit: &Exit{Code: &code, Signal: "SIGRTMIN+30", Core: true},
			Resource: "memory", Level: "critical", What: text.Draw(t, "what"), About: text.Draw(t, "about")}
		for range rapid.IntRange(0, 6).Draw(t, "changes") {
			e.Changes = append(e.Changes, coalesce.Change{Op: coalesce.Rename, Path: text.Draw(t, "path"), From: text.Draw(t, "from"),
				To: text.Draw(t, "to"), Dir: true, Moved: true, Rescan: true, PID: 1 << 22})
		}
		if !e.short() {
			return
		}
		short++
		var record bytes.Buffer
		if err := e.WriteLine(&record); err != nil {
			t.Fatal(err)
		}
		if record.Len() > pipeHolds {
			t.Fatalf("%d bytes: %s", record.Len(), record.Bytes())
		}
	})
	if short == 0 {
		t.Error("no record was short")
	}
}
