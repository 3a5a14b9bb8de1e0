package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/handlers"
)

// A run of /bin/true, beside the same by os/exec with the same streams (the
// event on standard input, output read) and with none, and beside the least
// there can be: fork, execute, wait.
func BenchmarkExec(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		benchmarkHandler(b, &handlers.Exec{Reactor: newReactor(b), Command: command(b, "/bin/true")})
	})
	b.Run("os-exec", func(b *testing.B) {
		line, err := filesEvent("/srv/a").MarshalJSON()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			c := exec.Command("/bin/true")
			c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(line), discard{}, discard{}
			if err := c.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handler-bare", func(b *testing.B) {
		benchmarkHandler(b, &handlers.Exec{Reactor: newReactor(b), Command: command(b, "/bin/true"),
			Stdin: handlers.StdinNone, Output: handlers.OutputDiscard})
	})
	b.Run("os-exec-bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("startprocess", func(b *testing.B) {
		null := openNull(b)
		b.ReportAllocs()
		for b.Loop() {
			p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{Files: []*os.File{null, null, null}})
			if err == nil {
				_, err = p.Wait()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("forkexec", func(b *testing.B) {
		null := openNull(b).Fd()
		attr := &syscall.ProcAttr{Files: []uintptr{null, null, null}, Env: os.Environ()}
		b.ReportAllocs()
		for b.Loop() {
			pid, err := syscall.ForkExec("/bin/true", []string{"true"}, attr)
			if err == nil {
				_, err = syscall.Wait4(pid, nil, 0, nil)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// discard is a writer os/exec doesn't recognise, so that it makes a pipe.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func openNull(b *testing.B) *os.File {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = null.Close() })
	return null
}

// silent is a run whose log writes nowhere.
func silent(e *handlers.Event) *handlers.Run {
	return handlers.NewRun("run-1", e, "", zerolog.New(io.Discard).Level(zerolog.InfoLevel))
}

func benchmarkHandler(b *testing.B, x *handlers.Exec) {
	b.Helper()
	run := silent(filesEvent("/srv/a"))
	b.ReportAllocs()
	for b.Loop() {
		if o := x.Handle(b.Context(), run); o.Result != handlers.Done {
			b.Fatal(o)
		}
	}
}

// What a line of output costs, in a flood and below it.
func BenchmarkExecOutput(b *testing.B) {
	r := newReactor(b)
	for _, lines := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprint(lines, "-lines"), func(b *testing.B) {
			x := &handlers.Exec{Reactor: r, Command: command(b, "seq", fmt.Sprint(lines))}
			run := silent(filesEvent())
			b.ReportAllocs()
			for b.Loop() {
				if o := x.Handle(b.Context(), run); o.Result != handlers.Done {
					b.Fatal(o)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}

func BenchmarkLog(b *testing.B) {
	for name, text := range map[string]string{"constant": "asked to rotate", "template": "${count} changes of ${path}"} {
		b.Run(name, func(b *testing.B) {
			l := &handlers.Log{Message: template(b, "files", text)}
			e := filesEvent("/srv/a")
			log := zerolog.New(io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				l.Handle(b.Context(), handlers.NewRun("run-1", e, "", log))
			}
		})
	}
	b.Run("off", func(b *testing.B) {
		l := &handlers.Log{Message: template(b, "files", "a"), Level: "debug"}
		run := silent(filesEvent("/srv/a"))
		b.ReportAllocs()
		for b.Loop() {
			l.Handle(b.Context(), run)
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	small, large := filesEvent("/srv/a"), filesEvent()
	for i := range 100_000 {
		large.Changes = append(large.Changes, filesEvent(fmt.Sprintf("/srv/uploads/%06d.jpg", i)).Changes[0])
	}
	for name, e := range map[string]*handlers.Event{"1-change": small, "100000-changes": large} {
		b.Run("write/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := e.WriteLine(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("fields/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Fields()
			}
		})
		b.Run("units/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Units("path")
			}
		})
	}
	b.Run("id", func(b *testing.B) {
		var ids handlers.IDs
		now := time.Now()
		b.ReportAllocs()
		for b.Loop() {
			ids.New(now)
		}
	})
}
