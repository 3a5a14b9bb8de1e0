package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/sources/files"
)

// openProcess follows the processes the configuration names.
func openProcess(s *source, ended func()) (intake, error) {
	c := s.config.Process
	if c.Unit != "" {
		return openUnit(s, ended)
	}
	src, err := sources.NewProcess(s.config.Name, s.queue)
	if err != nil {
		return nil, err
	}
	p := &processes{Process: src, source: s}
	src.OnEvent(func(exits []sources.Exit) {
		for _, e := range exits {
			s.put(exited(e))
		}
		p.lookSoon()
	})
	p.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.queue.Async(p.lookAgain) })
	switch {
	case c.PID != 0:
		if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(c.PID))); err != nil {
			s.failed(fmt.Errorf("process %d does not exist", c.PID)) // clause P2: its exit is told all the same
		}
		src.OnCancel(ended)
		return p, src.Follow(c.PID)
	case c.Pidfile != "":
		return p, p.watchFile(ended)
	}
	ended = last(2, ended)
	p.followStarts(ended)
	src.OnCancel(func() {
		p.starts.Cancel()
		ended()
	})
	return p, nil
}

// processes is the intake of a process source: whenever one of its processes
// has ended, or its pidfile changes, it looks for those that took the place.
type processes struct {
	*sources.Process
	source *source
	file   *files.Source // nil: no pidfile
	again  *reactor.Alarm

	// Of processes by name or executable, nil for others:
	starts  *sources.Starts
	match   func(pid int) bool
	seen    map[int]uint64 // when those started that were followed, by pid
	noticed atomic.Bool    // starts are
}

// successorDelay is how long those that take the place of a process that has
// ended are given to start. To look for a name is to read all of /proc, which
// must not stand between the next exit and its handler.
const successorDelay = 100 * time.Millisecond

// lookSoon has look called, once for all that end until then.
func (p *processes) lookSoon() {
	at := p.source.daemon.reactor.Now(reactor.Monotonic).Add(successorDelay)
	if err := p.again.Set(at, at.Add(successorDelay)); err != nil {
		p.source.failed(err)
		p.look()
	}
}

// watchFile has the pidfile read now and whenever it is written.
func (p *processes) watchFile(ended func()) error {
	dir, name := filepath.Split(p.source.config.Process.Pidfile)
	file, err := files.New(p.source.config.Name+" pidfile", p.source.queue, files.Options{
		Roots: []string{filepath.Clean(dir)}, Include: []string{EscapeGlob(name)},
		Events: []coalesce.Op{coalesce.Create, coalesce.Close, coalesce.Rename},
		Report: func(problem files.Problem) {
			if problem.Kind != files.RootFound && problem.Kind != files.RootMissing {
				p.source.failed(problem)
			} // that there is no pidfile is told by look
		},
	})
	if err != nil {
		return err
	}
	p.file = file
	file.OnRegister(p.look)
	file.OnEvent(func([]coalesce.Change) { p.look() })
	file.OnCancel(ended)
	p.OnCancel(file.Cancel) // the last to go says that it has ended
	return nil
}

// Activate implements intake.
func (p *processes) Activate() error {
	err := p.Process.Activate()
	if p.file != nil {
		err = errors.Join(err, p.file.Activate())
	}
	if p.starts != nil {
		err = errors.Join(err, p.activateStarts())
		p.look() // after listening, so that none is missed between the two
	}
	if err != nil {
		p.Cancel()
	}
	return err
}

// look follows what the pidfile, name or executable stands for now. It runs on
// the intake queue.
func (p *processes) look() {
	if p.source.config.Process.PID != 0 || p.Cancelled() {
		return
	}
	if p.match == nil {
		pid, err := running(p.source.config.Process.Pidfile)
		if err == nil {
			err = p.Follow(pid)
		}
		p.tellOf(err)
		return
	}
	p.forget()
	pids, err := sources.FindProcesses(p.match)
	for _, pid := range pids {
		err = errors.Join(err, p.follow(pid))
	}
	p.tellOf(err)
}

// lookAgain is look after one has ended. Who is told of starts needs no search.
func (p *processes) lookAgain() {
	if !p.noticed.Load() {
		p.look()
		return
	}
	p.forget()
	p.tellOf(nil)
}

// tellOf says in status why nothing is followed.
func (p *processes) tellOf(err error) {
	why := ""
	switch c := p.source.config.Process; {
	case err != nil:
		why = err.Error()
	case p.Following() > 0:
	case c.Exe != "":
		why = fmt.Sprintf("no process executes %s", c.Exe)
	default:
		why = fmt.Sprintf("no process is called %q", c.Name)
	}
	if p.source.waiting(why) && why != "" {
		p.source.log.Warn().Str("reason", why).Msg("source waits")
	}
}

// EscapeGlob is a pattern that matches name and nothing else.
func EscapeGlob(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`).Replace(name)
}

// running is the process a pidfile names.
func running(pidfile string) (int, error) {
	pid, err := sources.ReadPidfile(pidfile)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err != nil {
		return 0, fmt.Errorf("%s: process %d does not exist", pidfile, pid)
	}
	return pid, nil
}

// exited makes an event of an exit.
func exited(e sources.Exit) handlers.Event {
	ev := handlers.Event{PID: e.PID, Name: e.Name}
	if st := e.Status; st != nil {
		ev.Exit = &handlers.Exit{Core: st.Core}
		if st.Signal != 0 {
			ev.Exit.Signal = handlers.SignalName(st.Signal)
		} else {
			ev.Exit.Code = &st.Code
		}
	}
	return ev
}

func processDetail(in intake) map[string]any {
	switch p := in.(type) {
	case *processes:
		detail := map[string]any{"following": p.Following()}
		if p.starts != nil {
			detail["starts"] = "noticed at once"
			if !p.noticed.Load() {
				detail["starts"] = "noticed when another of its kind ends"
			}
		}
		return detail
	case interface{ Following() int }:
		return map[string]any{"following": p.Following()}
	}
	return nil
}
