package daemon

import (
	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources/files"
)

func openFiles(s *source, ended func()) (intake, error) {
	c := s.config.Files
	o := files.Options{
		Roots: c.Paths, Recursive: c.Recursive, Include: c.Include, Ignore: c.Ignore,
		Initial: c.Initial, MaxPending: s.pending.limit,
		Report: func(p files.Problem) { s.failed(p) },
	}
	for _, name := range c.Events {
		op, err := coalesce.ParseOp(name)
		if err != nil {
			return nil, err
		}
		o.Events = append(o.Events, op)
	}
	src, err := files.New(s.config.Name, s.queue, o)
	if err != nil {
		return nil, err
	}
	src.OnEvent(func(changes []coalesce.Change) { s.put(handlers.Event{Changes: changes}) })
	src.OnCancel(ended)
	return src, nil
}

func filesDetail(in intake) map[string]any {
	src, ok := in.(*files.Source)
	if !ok {
		return nil
	}
	st := src.Status()
	return map[string]any{"engine": st.Engine, "directories": st.Directories, "files": st.Files,
		"overflows": st.Overflows, "rescans": st.Rescans, "waiting": st.Waiting}
}
