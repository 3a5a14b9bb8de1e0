package handlers

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// readSize is how much is read at once, which is what a pipe holds.
const readSize = 64 << 10

// output reads what a run's processes write, logs it line by line and keeps
// its end (clause XC3). It is used by the run's goroutine only.
//
// It never waits. When the log is slow the pipes fill and the processes wait,
// as they would for a terminal. Memory is bounded by a buffer to read into, the
// partial line of each stream, and the tail.
type output struct {
	exec    *Exec
	run     *Run
	reactor *reactor.Reactor
	streams [2]stream
	buffer  *[readSize]byte // nil until there is something to read
	tail    tail
	flood   flood
	now     reactor.Instant // of the last read
	pid     int
}

// stream is the reading end of one pipe. fd is -1 once it is closed.
type stream struct {
	name  string
	fd    int
	watch *reactor.Watch
	ready bool // there may be something to read
	lines splitter
}

func (o *output) init(x *Exec, run *Run) {
	o.exec, o.run, o.reactor = x, run, x.reactor()
	for i, name := range [...]string{"stdout", "stderr"} {
		s := &o.streams[i]
		s.name, s.fd = name, -1
		s.lines.emit = func(line []byte, cut bool) { o.log(s.name, line, cut) }
	}
}

// open makes the pipe of a stream and returns its writing end, which is the
// caller's to close.
func (o *output) open(stream int) (end int, err error) {
	p, err := o.exec.Pipes.take()
	if err != nil {
		return -1, fmt.Errorf("make a pipe for its output: %w", err)
	}
	o.streams[stream].fd = p.read
	return p.write, nil
}

// watch has ready called on the loop when there is something to read. What is
// there already is told, so this can wait until the command has started.
func (o *output) watch(ready func(stream int)) (err error) {
	for i := range o.streams {
		s := &o.streams[i]
		if s.fd < 0 {
			continue
		}
		// Only our end, and once the command is on its way: its own must block,
		// or it would lose output.
		if _, err := unix.FcntlInt(uintptr(s.fd), unix.F_SETFL, unix.O_NONBLOCK); err != nil {
			return fmt.Errorf("its output: %w", err)
		}
		s.watch, err = o.reactor.Watch(s.fd, reactor.In, reactor.Edge, func(reactor.Readiness) { ready(i) })
		if err != nil {
			return err
		}
	}
	return nil
}

// pump reads one buffer of each stream that has something to read, and reports
// whether there may be more.
func (o *output) pump() bool {
	more := false
	for i := range o.streams {
		if s := &o.streams[i]; s.ready && s.fd >= 0 {
			o.read(s)
			more = more || s.ready && s.fd >= 0
		}
	}
	return more
}

// read reads one buffer, and reports how many bytes it held.
func (o *output) read(s *stream) int {
	if o.buffer == nil {
		o.buffer = o.exec.takeBuffer()
	}
	n, err := o.reactor.Kernel().Read(s.fd, o.buffer[:])
	switch {
	case n > 0:
		o.now = o.reactor.Now(reactor.Monotonic)
		o.tail.write(o.buffer[:n])
		s.lines.write(o.buffer[:n])
	case errors.Is(err, unix.EAGAIN):
		s.ready = false
	case errors.Is(err, unix.EINTR):
	default:
		if err != nil {
			o.run.Log.Debug().Err(err).Str("stream", s.name).Msg("output not readable")
		}
		s.close(o.reactor.Kernel())
	}
	return n
}

// giveUp closes pipes that a process outside the group holds open, after
// reading what is in them: all that the group wrote is.
func (o *output) giveUp() {
	k := o.reactor.Kernel()
	for i := range o.streams {
		s := &o.streams[i]
		if s.fd < 0 {
			continue
		}
		s.ready = true
		for left, _ := k.Readable(s.fd); left > 0 && s.ready && s.fd >= 0; {
			left -= o.read(s)
		}
		s.close(k)
	}
}

// ended reports whether all streams have been read to their end.
func (o *output) ended() bool { return o.streams[0].fd < 0 && o.streams[1].fd < 0 }

// close gives everything back, and doesn't read what has not been read.
func (o *output) close() {
	for i := range o.streams {
		o.streams[i].close(o.reactor.Kernel())
	}
	o.reportFlood()
	if o.buffer != nil {
		o.exec.buffers.Put(o.buffer)
		o.buffer = nil
	}
}

func (s *stream) close(k kernel.Kernel) {
	if s.fd < 0 {
		return
	}
	if s.watch != nil {
		s.watch.Close()
	}
	_ = k.Close(s.fd)
	s.fd = -1
	s.lines.close()
}

// log logs one line, unless too many have been.
func (o *output) log(stream string, line []byte, cut bool) {
	if !o.flood.passes(o.now) {
		return
	}
	o.reportFlood()
	entry := o.run.Log.Info()
	if !entry.Enabled() {
		return
	}
	entry.Str("stream", stream).Int("pid", o.pid)
	if cut {
		entry.Bool("cut", true)
	}
	entry.Msg(printable(string(line)))
}

// reportFlood says how much was left out.
func (o *output) reportFlood() {
	if left := o.flood.takeLeft(); left > 0 {
		o.run.Log.Info().Int("lines", left).Int("pid", o.pid).Msg("output left out")
	}
}

func (x *Exec) takeBuffer() *[readSize]byte {
	if b, ok := x.buffers.Get().(*[readSize]byte); ok {
		return b
	}
	return new([readSize]byte)
}
