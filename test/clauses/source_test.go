package clauses_test

import (
	"math"
	"reflect"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// nsig is the first number that is no signal's.
const nsig = 65

func TestS1_ArgumentsAreChecked(t *testing.T) {
	r := start(t, reactor.WithTracer(new(tracer)))
	q := r.NewQueue("q")
	t.Run("S1_SignalNumbers", func(t *testing.T) {
		for _, n := range []syscall.Signal{0, -1, nsig, nsig + 100} {
			if s, err := sources.NewSignal("signal", q, n); err == nil || s != nil {
				t.Errorf("signal %d: source %v, error %v; want an error and no source", int(n), s, err)
			}
		}
		if _, err := sources.NewSignal("signal", q, nsig-1); err != nil {
			t.Errorf("the last signal: %v", err)
		}
	})
	t.Run("S1_Masks", func(t *testing.T) {
		fd, err := unix.Open(t.TempDir(), unix.O_PATH|unix.O_CLOEXEC, 0)
		must(t, err)
		defer shut(t, fd)
		var vnodes sources.Vnodes
		for _, mask := range []sources.VnodeMask{0, sources.VnodeAll + 1, 1 << 63, sources.VnodeWrite | 1<<40} {
			if s, err := vnodes.New("vnode", q, fd, mask); err == nil || s != nil {
				t.Errorf("mask %#x: source %v, error %v; want an error and no source", uint64(mask), s, err)
			}
		}
	})
	t.Run("S1_Descriptors", func(t *testing.T) {
		// Neither number may be cut to 32 bits: both would be the pipe's then.
		rd, wr := pipe(t)
		defer shut(t, rd, wr)
		for _, fd := range []int{math.MaxInt32 + 1, 1<<32 | rd, -1, -1 << 32} {
			refusedSource(t, "read source on such a number", func() error {
				return sources.NewRead("read", q, fd).Activate()
			})
			refusedSource(t, "write source on such a number", func() error {
				return sources.NewWrite("write", q, fd).Activate()
			})
		}
	})
	t.Run("S1_Clocks", func(t *testing.T) {
		refusedSource(t, "timer on a clock that doesn't exist", func() error {
			s := sources.NewTimer("timer", q, reactor.Clock(99))
			if err := s.SetSchedule(sources.Schedule{Start: 1, Interval: sources.Once}); err != nil {
				return err
			}
			return s.Activate()
		})
	})
	t.Run("S1_CustomSourcesHaveNeitherHandleNorMask", func(t *testing.T) {
		// The compiler proves it: there is no parameter to pass one.
		f := reflect.TypeOf(sources.NewData)
		want := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[*reactor.Queue](), reflect.TypeFor[coalesce.Mode]()}
		if f.NumIn() != len(want) {
			t.Fatalf("NewData takes %d arguments, want %d", f.NumIn(), len(want))
		}
		for i, w := range want {
			if f.In(i) != w {
				t.Errorf("argument %d of NewData is a %v, want a %v", i, f.In(i), w)
			}
		}
	})
}

// refusedSource fails the test unless f returns an error or panics on purpose:
// a constructor that returns no error has those two ways to refuse.
func refusedSource(t *testing.T, what string, f func() error) {
	t.Helper()
	var err error
	value := attempt(t, what, func() { err = f() })
	if fault, ok := value.(interface{ RuntimeError() }); ok {
		t.Errorf("%s: a fault of the implementation: %v", what, fault)
	} else if err == nil && value == nil {
		t.Errorf("%s was accepted", what)
	}
}

func TestS2_WithoutAQueueTheDefaultGlobalOne(t *testing.T) {
	start(t)
	s := sources.NewData("data", nil, coalesce.Add)
	if s.Reactor() != reactor.Default() {
		t.Fatal("not a source of the default reactor")
	}
	where := make(chan string, 1)
	s.OnEvent(func(uint64) { where <- reactor.CurrentLabel() })
	must(t, s.Activate())
	s.Merge(1)
	want := reactor.Global(reactor.DefaultQoS).Label()
	if got := receive(t, where, "call"); got != want || got == "" {
		t.Fatalf("handler ran on %q, want %q", got, want)
	}
	end(t, s)
}

func TestS3_NothingBeforeActivation(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	registered := make(chan struct{}, 1)
	s.OnRegister(func() { registered <- struct{}{} })
	s.Merge(1)
	timer := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan sources.Ticks, 1)
	timer.OnEvent(func(n sources.Ticks) { ticks <- n })
	must(t, timer.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic), Interval: sources.Once}))
	c.Advance(int64(100 * ms))
	settle(t, q)
	none(t, calls, "call before activation")
	none(t, ticks, "tick before activation")
	none(t, registered, "registration before activation")
	must(t, s.Activate())
	must(t, timer.Activate())
	receive(t, registered, "registration")
	receive(t, calls, "call")
	receive(t, ticks, "tick")
}

func TestS4_MergedBeforeActivationArrivesInOneCall(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	for _, v := range []uint64{1, 2, 4} {
		s.Merge(v)
	}
	must(t, s.Activate())
	if v := receive(t, calls, "call"); v != 7 {
		t.Fatalf("data %d, want 7", v)
	}
	settle(t, q)
	none(t, calls, "second call")
}

func TestS5_TicksCountFromTheStart(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan uint64, 10)
	s.OnEvent(func(n sources.Ticks) { ticks <- n.Count })
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(10 * ms), Interval: 10 * ms}))
	c.Advance(int64(105 * ms))
	must(t, s.Activate())
	if n := receive(t, ticks, "call"); n != 10 { // the clock stands still: at once
		t.Fatalf("data %d, want 10", n)
	}
	c.Advance(int64(5 * ms)) // the grid has not moved
	if n := receive(t, ticks, "call on the grid"); n != 1 {
		t.Fatalf("data %d, want 1", n)
	}
	end(t, s)
}

func TestS6_LevelThatHoldsAlready(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	_, err := unix.Write(wr, []byte("bytes"))
	must(t, err)
	s := sources.NewRead("read", r.NewQueue("q"), rd)
	calls := make(chan int, 1000)
	s.OnEvent(func(e sources.Ready) {
		calls <- e.Bytes
		_, _ = unix.Read(rd, make([]byte, 16))
	})
	must(t, s.Activate())
	if n := receive(t, calls, "call"); n != 5 {
		t.Fatalf("%d bytes, want 5", n)
	}
	end(t, s, func() { shut(t, rd, wr) })
}
