package handlers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/reactord/reactord/handlers"
)

func TestDV9_LogWritesALine(t *testing.T) {
	tests := []struct {
		name string
		log  handlers.Log
		want entry
	}{
		{"a constant", handlers.Log{Message: template(t, "files", "asked to rotate")},
			entry{"level": "info", "message": "asked to rotate"}},
		{"fields of the event", handlers.Log{Message: template(t, "files", "${count} in ${run}: ${path}"), Level: "warn"},
			entry{"level": "warn", "message": `1 in run-1: /srv/\xff\x0a[31m`}},
		{"fields of its own", handlers.Log{Message: template(t, "files", ""), Level: "error",
			Fields: []handlers.Var{{Name: "op", Value: template(t, "files", "${op}")}, {Name: "tab", Value: template(t, "files", "a\tb")}}},
			entry{"level": "error", "op": "close", "tab": "a\tb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := &logbook{}
			o := tt.log.Handle(t.Context(), newRun(filesEvent("/srv/\xff\n[31m"), book))
			if o.Result != handlers.Done || o.Err != nil {
				t.Errorf("outcome %+v", o)
			}
			tt.want["source"], tt.want["event"], tt.want["run"] = "uploads", "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", "run-1"
			if diff := cmp.Diff([]entry{tt.want}, book.all()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDV9_LogOfALevelThatIsOff(t *testing.T) {
	book := &logbook{}
	run := handlers.NewRun("run-1", filesEvent("/a"), "", zerolog.New(book).Level(zerolog.WarnLevel))
	l := handlers.Log{Message: template(t, "files", "${attempt % (attempt - 1)}")} // not even evaluated
	if o := l.Handle(t.Context(), run); o.Result != handlers.Done {
		t.Errorf("outcome %+v", o)
	}
	if len(book.all()) > 0 {
		t.Errorf("logged %v", book.all())
	}
}

func TestDV7_LogFailsForGood(t *testing.T) {
	impossible := template(t, "files", "${attempt % (attempt - 1)}")
	tests := []struct {
		name string
		log  handlers.Log
	}{
		{"a text that can't be made", handlers.Log{Message: impossible}},
		{"a field that can't be made", handlers.Log{Message: template(t, "files", "a"), Fields: []handlers.Var{{Name: "f", Value: impossible}}}},
		{"a level there isn't", handlers.Log{Message: template(t, "files", "a"), Level: "loud"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := &logbook{}
			o := tt.log.Handle(t.Context(), newRun(filesEvent("/a"), book))
			if o.Result != handlers.Permanent || o.Err == nil {
				t.Errorf("outcome %+v", o)
			}
			if len(book.all()) > 0 {
				t.Errorf("logged %v", book.all())
			}
		})
	}
}
