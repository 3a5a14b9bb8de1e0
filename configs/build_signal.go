package configs

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/configs/internal/form"
)

// refusedSignals are those that cannot be a source, and why (CF4).
var refusedSignals = map[syscall.Signal]string{
	unix.SIGTERM: "it stops the daemon",
	unix.SIGINT:  "it stops the daemon",
	unix.SIGHUP:  "it reloads the configuration",
	unix.SIGCHLD: "the daemon waits for its children with it",
	unix.SIGKILL: "nobody can catch it",
	unix.SIGSTOP: "nobody can catch it",
	unix.SIGSEGV: "it tells of a fault of the daemon itself",
	unix.SIGBUS:  "it tells of a fault of the daemon itself",
	unix.SIGFPE:  "it tells of a fault of the daemon itself",
	unix.SIGILL:  "it tells of a fault of the daemon itself",
	unix.SIGTRAP: "it tells of a fault of the daemon itself",
	unix.SIGURG:  "the Go runtime sends it all the time",
	unix.SIGPROF: "the Go runtime uses it",
	rtMin:        "the Go runtime keeps it for itself",
}

// refusedExact are those that can't be counted exactly, and why: for that a signal
// is blocked in the whole daemon.
var refusedExact = map[syscall.Signal]string{
	unix.SIGQUIT:   "the Go runtime lets nobody block it",
	unix.SIGABRT:   "the Go runtime lets nobody block it",
	unix.SIGSTKFLT: "the Go runtime lets nobody block it",
	unix.SIGSYS:    "the Go runtime lets nobody block it",
	unix.SIGPIPE:   "the daemon looks out for it itself",
}

// observer is the first source of a signal.
type observer struct {
	source string
	exact  bool
}

func (b *builder) signal(source string, s *form.Signal) *Signal {
	signal := &Signal{Exact: s.Exact.On}
	if b.observed == nil {
		b.observed = map[syscall.Signal]observer{}
	}
	seen := map[syscall.Signal]bool{}
	for i := range s.Signals {
		t := &s.Signals[i]
		if !t.IsSet() {
			continue // it is no text, which was told
		}
		name, known := signalNamed(t.Value)
		reason, refused := refusedSignals[name.Number]
		switch {
		case !known:
			b.fault(t.Pos, "as in SIGUSR1; kill -l lists them", "unknown signal %q", t.Value)
		case refused:
			b.fault(t.Pos, "use SIGUSR1, SIGUSR2 or a real-time signal such as SIGRTMIN+1", "signal %s cannot be a source: %s", name.Name, reason)
		case signal.Exact && refusedExact[name.Number] != "":
			b.fault(t.Pos, "leave exact out, or use a real-time signal such as SIGRTMIN+1", "signal %s cannot be counted exactly: %s", name.Name, refusedExact[name.Number])
		case seen[name.Number]:
			b.fault(t.Pos, "", "signal %s is there twice", name.Name)
		default:
			seen[name.Number] = true
			signal.Signals = append(signal.Signals, name)
			b.observe(t, name, observer{source, signal.Exact})
		}
	}
	return signal
}

// observe refuses a second source of a signal that one counts exactly: each of
// its records is read once.
func (b *builder) observe(t *form.Text, name SignalName, by observer) {
	first, there := b.observed[name.Number]
	switch {
	case !there:
		b.observed[name.Number] = by
	case first.exact:
		b.fault(t.Pos, "let the command of one source do both, or leave exact out", "signal %s is counted exactly by source %s: no other source can observe it", name.Name, first.source)
	case by.exact:
		b.fault(t.Pos, "leave exact out, or the signal out of the other source", "signal %s can't be counted exactly: source %s observes it too", name.Name, first.source)
	}
}

// The real-time signals as the C library numbers them: it keeps the first two of
// the kernel's for itself (signal(7)).
const (
	rtMin = 34
	rtMax = 64
)

// signalNamed reads the name of a signal, with or without SIG.
func signalNamed(s string) (SignalName, bool) {
	name := "SIG" + strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if number := unix.SignalNum(name); number != 0 {
		return SignalName{Name: name, Number: number}, true
	}
	number, ok := realTime(name)
	if !ok || number < rtMin || number > rtMax {
		return SignalName{}, false
	}
	if name = "SIGRTMIN"; number > rtMin {
		name = fmt.Sprintf("SIGRTMIN+%d", number-rtMin)
	}
	return SignalName{Name: name, Number: syscall.Signal(number)}, true
}

// realTime reads SIGRTMIN, SIGRTMIN+n, SIGRTMAX and SIGRTMAX-n.
func realTime(name string) (number int, ok bool) {
	for _, base := range []struct {
		name, sign string
		number     int
	}{{"SIGRTMIN", "+", rtMin}, {"SIGRTMAX", "-", rtMax}} {
		rest, found := strings.CutPrefix(name, base.name)
		if !found {
			continue
		}
		if rest == "" {
			return base.number, true
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(rest, base.sign), 10, 8)
		if err != nil || !strings.HasPrefix(rest, base.sign) {
			return 0, false
		}
		if base.sign == "-" {
			return base.number - int(n), true
		}
		return base.number + int(n), true
	}
	return 0, false
}
