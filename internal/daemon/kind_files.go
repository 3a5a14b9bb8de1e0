package daemon

import (
	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources/files"
)

func openFiles(s *source, ended func()) (intake, error) {
	c := s.config.Files
	o := files.Options{
		Roots: c.Paths, Recursive: c.Recursive, Include: c.Include, Ignore: c.Ignore,
		Initial: c.Initial, MaxPending: s.pending.limit,
		Report: s.problem,
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

// problem logs what a tree reports. A root that is missing is a reason to wait.
func (s *source) problem(p files.Problem) {
	switch p.Kind {
	case files.RootMissing:
		s.waiting(p.Error())
		s.daemon.happened(sourceFailed, s)
		s.log(zerolog.WarnLevel).Str("reason", p.Error()).Msg("source waits")
	case files.RootFound:
		s.waiting("")
		s.log(zerolog.InfoLevel).Str("path", p.Path).Msg("root found")
		s.daemon.happened(sourceRecovered, s)
	case files.Overflow:
		s.failed(p)
		s.daemon.happened(overflow, s)
	default:
		s.failed(p)
	}
}

func filesDetail(in intake) map[string]any {
	src, ok := in.(*files.Source)
	if !ok {
		return nil
	}
	st := src.Status()
	detail := map[string]any{"engine": st.Engine, "directories": st.Directories, "files": st.Files,
		"overflows": st.Overflows, "rescans": st.Rescans}
	if len(st.Waiting) > 0 {
		detail["missing"] = st.Waiting
	}
	return detail
}
