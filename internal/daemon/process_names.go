package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/sources/files"
)

// names tells which processes belong where something else than the processes
// says so, and tells it anew when that changes.
type names interface {
	// Activate begins, and looks for the first time.
	Activate() error
	Cancel()
	look()
}

// namesOf is who names the processes; nil: nobody does. It calls ended at its
// end.
func (p *processes) namesOf(ended func()) (names, error) {
	c := p.config
	switch {
	case c.Pidfile != "":
		return p.followFile(c.Pidfile, []coalesce.Op{coalesce.Create, coalesce.Close, coalesce.Rename}, ended, p.readPidfile)
	case c.Cgroup != "":
		return p.followFile(filepath.Join(c.Cgroup, "cgroup.events"), []coalesce.Op{coalesce.Create, coalesce.Write}, ended, p.look)
	case c.Unit != "":
		return p.followUnit(c.Unit, ended), nil
	}
	return nil, nil
}

// fileNames looks whenever a file changes.
type fileNames struct {
	*files.Source
	lookNow func()
}

func (f *fileNames) look() { f.lookNow() }

// Activate implements names.
func (f *fileNames) Activate() error {
	err := f.Source.Activate()
	f.look()
	return err
}

func (p *processes) followFile(path string, ops []coalesce.Op, ended, look func()) (names, error) {
	dir, name := filepath.Split(path)
	file, err := files.New(p.source.config.Name+" "+name, p.source.queue, files.Options{
		Roots: []string{filepath.Clean(dir)}, Include: []string{EscapeGlob(name)}, Events: ops,
		Report: func(problem files.Problem) {
			if problem.Kind != files.RootFound && problem.Kind != files.RootMissing {
				p.source.failed(problem)
			} // that there is no such file is told by look
		},
	})
	if err != nil {
		return nil, err
	}
	file.OnRegister(look)
	file.OnEvent(func([]coalesce.Change) { look() })
	file.OnCancel(ended)
	return &fileNames{file, look}, nil
}

func (p *processes) readPidfile() {
	if p.Cancelled() {
		return
	}
	pid, err := running(p.config.Pidfile)
	if err == nil {
		err = p.start(pid)
	}
	p.tellOf(err)
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

// EscapeGlob is a pattern that matches name and nothing else.
func EscapeGlob(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`).Replace(name)
}
