package clauses_test

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"weak"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS18_StrictSourcesAreFixedByActivation(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	q := r.NewQueue("q")
	s := sources.NewData("strict", q, coalesce.Add)
	calls := make(chan uint64, 10)
	cancelled := make(chan struct{}, 10)
	s.OnMandatoryCancel(func() { t.Error("a handler that was replaced ran") })
	s.OnMandatoryCancel(func() { cancelled <- struct{}{} })
	s.OnEvent(func(uint64) { t.Error("a handler that was replaced ran") })
	s.OnEvent(func(v uint64) { calls <- v }) // before activation freely
	s.OnRegister(func() {})
	must(t, s.Activate())
	settle(t, q)
	for what, change := range map[string]func(){
		"the event handler":        func() { s.OnEvent(func(uint64) { t.Error("a refused handler ran") }) },
		"no event handler":         func() { s.OnEvent(nil) },
		"the registration handler": func() { s.OnRegister(func() { t.Error("a refused handler ran") }) },
		"the cancel handler":       func() { s.OnCancel(func() { t.Error("a refused handler ran") }) },
		"a mandatory one":          func() { s.OnMandatoryCancel(func() { t.Error("a refused handler ran") }) },
		"the target (S21)":         func() { s.SetTarget(r.NewQueue("another")) },
	} {
		t.Run(what, func(t *testing.T) { panics(t, "strict", change) })
	}
	s.Merge(5)
	if v := receive(t, calls, "call"); v != 5 { // it is none the worse for it
		t.Errorf("data %d, want 5", v)
	}
	s.Cancel()
	receive(t, cancelled, "cancel handler")
	settle(t, q)
	none(t, cancelled, "second cancel handler")
}

func TestS20_HandleAndMask(t *testing.T) {
	r := start(t, reactor.WithTracer(new(tracer)))
	q := r.NewQueue("q")
	rd, wr := pipe(t)
	dir, err := unix.Open(t.TempDir(), unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	signal, err := sources.NewSignal("signal", q, syscall.SIGUSR2)
	must(t, err)
	process, err := sources.NewProcess("process", q, os.Getpid())
	must(t, err)
	var vnodes sources.Vnodes
	const mask = sources.VnodeWrite | sources.VnodeRename
	vnode, err := vnodes.New("vnode", q, dir, mask)
	must(t, err)
	read := sources.NewRead("read", q, rd)
	write := sources.NewWrite("write", q, wr)
	data := sources.NewData("data", q, coalesce.Add)
	for _, c := range []struct {
		s interface {
			source
			Label() string
			Handle() int
			Mask() uint64
		}
		handle int
	}{
		{read, rd}, {write, wr}, {vnode, dir}, {signal, int(syscall.SIGUSR2)}, {process, os.Getpid()}, {data, 0},
	} {
		if h := c.s.Handle(); h != c.handle {
			t.Errorf("%s: handle %d, want %d", c.s.Label(), h, c.handle)
		}
		switch m := c.s.Mask(); c.s.Label() {
		case "vnode":
			if m != uint64(mask) {
				t.Errorf("vnode: mask %#x, want %#x", m, mask)
			}
		case "data":
			if m != 0 {
				t.Errorf("data: mask %#x, want none", m)
			}
		}
		must(t, c.s.Activate())
		end(t, c.s)
		if h, m := c.s.Handle(), c.s.Mask(); h != c.handle || m != 0 {
			t.Errorf("%s, cancelled: handle %d and mask %#x, want %d and 0", c.s.Label(), h, m, c.handle)
		}
	}
	unactivated, err := vnodes.New("vnode", q, dir, mask)
	must(t, err)
	unactivated.Cancel()
	if m := unactivated.Mask(); m != 0 {
		t.Errorf("cancelled before activation: mask %#x", m)
	}
	shut(t, rd, wr, dir)
}

func TestS20_DataLatchedLast(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Add)
	inside := make(chan uint64, 10)
	s.OnEvent(func(uint64) { inside <- s.Latched() })
	must(t, s.Activate())
	if v := s.Latched(); v != 0 {
		t.Errorf("%d before the first call", v)
	}
	for _, v := range []uint64{5, 9} {
		s.Merge(v)
		if got := receive(t, inside, "call"); got != v {
			t.Errorf("inside the handler %d, want %d", got, v)
		}
		if got := s.Latched(); got != v {
			t.Errorf("after the call %d, want %d", got, v)
		}
	}
	s.Suspend()
	s.Merge(100)
	if got := s.Latched(); got != 9 {
		t.Errorf("%d, want 9: nothing was latched since", got)
	}
	s.Cancel()
	s.Merge(100)
	s.Resume()
	settle(t, q)
	if got := s.Latched(); got != 9 {
		t.Errorf("cancelled: %d, want 9", got)
	}
}

func TestS23_StrictSourcesOwnThemselvesToo(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	rd, wr := pipe(t)
	var cancelled atomic.Int32
	read := make(chan int, 10)
	held := func() weak.Pointer[reactor.Source[sources.Ready]] {
		s := sources.NewRead("strict", q, rd)
		s.OnEvent(func(sources.Ready) {
			n, _ := unix.Read(rd, make([]byte, 16))
			read <- n
		})
		s.OnMandatoryCancel(func() { cancelled.Add(1) })
		must(t, s.Activate())
		return weak.Make(s)
	}()
	for range 5 {
		runtime.GC()
	}
	_, err := unix.Write(wr, []byte("bytes"))
	must(t, err)
	if n := receive(t, read, "bytes"); n != 5 {
		t.Fatalf("%d bytes, want 5", n)
	}
	if cancelled.Load() != 0 {
		t.Fatal("the cancel handler ran without a cancel")
	}
	s := held.Value()
	if s == nil {
		t.Fatal("an active source was collected")
	}
	s.Cancel()
	eventually(t, "the cancel handler", func() bool { return cancelled.Load() == 1 })
	shut(t, rd, wr)
}
