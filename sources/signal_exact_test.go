package sources_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/sigqueue"
)

// exactRun, in the environment, makes the test binary a program that counts
// signals exactly and prints what it got.
const exactRun = "REACTORD_TEST_EXACT"

// The kernel gives out the signals that wait by their numbers: the one that ends
// the test has the higher.
const realTime, lastOne = syscall.Signal(40), syscall.Signal(41)

func TestMain(m *testing.M) {
	if os.Getenv(exactRun) != "" {
		if err := countExactly(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// exactReport is what the program prints.
type exactReport struct {
	PID       int
	Got       []sources.ExactSignals
	Unblocked string
}

// countExactly is the program: it takes what is sent while its source is
// suspended, until lastOne comes.
func countExactly() error {
	if err := sources.BlockSignals(realTime, lastOne); err != nil {
		return err
	}
	k := kernel.NewFaulty(kernel.Real{})
	tr := &failures{}
	r := reactor.New(reactor.WithKernel(k), reactor.WithTracer(tr))
	refused, err := sources.NewExactSignal("refused", r.NewQueue("refused"), realTime)
	if err != nil {
		return err
	}
	refused.OnEvent(func(sources.ExactSignals) {})
	k.Fail(kernel.Signalfd, unix.EMFILE)
	if err := refused.Activate(); !errors.Is(err, unix.EMFILE) || !strings.Contains(err.Error(), "refused") ||
		!strings.Contains(err.Error(), "LimitNOFILE") || strings.Contains(err.Error(), "inotify") {
		return fmt.Errorf("out of descriptors: %v", err)
	}
	k.Fail(kernel.Read, unix.EINTR, nil, unix.EINTR, unix.EINTR)
	s, err := sources.NewExactSignal("exact", r.NewQueue("signals"), realTime, lastOne)
	if err != nil {
		return err
	}
	report := exactReport{PID: os.Getpid()}
	last := make(chan struct{})
	s.OnEvent(func(got sources.ExactSignals) {
		report.Got = append(report.Got, got)
		if got.Counts[lastOne] > 0 {
			close(last)
		}
	})
	s.Suspend()
	if err := s.Activate(); err != nil {
		return err
	}
	other, err := sources.NewExactSignal("other", nil, syscall.SIGUSR2)
	if err != nil {
		return err
	}
	other.OnEvent(func(sources.ExactSignals) {})
	report.Unblocked = fmt.Sprint(other.Activate())
	fmt.Println("ready")
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil { // all but the last are sent
		return err
	}
	s.Resume()
	// Of the last nothing is told after these.
	k.Fail(kernel.Read, unix.ENOMEM, unix.ENOMEM, unix.ENOMEM)
	fmt.Println("resumed")
	<-last
	if n := tr.count("exact"); n != 1 {
		return fmt.Errorf("the tracer was told %d times of reads that failed", n)
	}
	s.OnCancel(nil)
	s.CancelAndWait()
	if err := r.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// Ensure that every real-time signal is counted, with its sender and value,
// also while the source is suspended.
func TestG2_ExactCountsAndSenders(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), exactRun+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	decoder := newLineReader(out)
	if line := decoder.next(t); line != "ready" {
		t.Fatalf("the program said %q", line)
	}
	const n = 3000
	for i := range int32(n) {
		sigqueue.Send(t, cmd.Process.Pid, realTime, i)
	}
	_, err = in.Write([]byte{1})
	must(t, err)
	if line := decoder.next(t); line != "resumed" {
		t.Fatalf("the program said %q", line)
	}
	must(t, unix.Kill(cmd.Process.Pid, lastOne))
	var report exactReport
	must(t, json.Unmarshal([]byte(decoder.next(t)), &report))
	if report.PID != cmd.Process.Pid {
		t.Errorf("the program became process %d, was %d", report.PID, cmd.Process.Pid)
	}
	if !strings.Contains(report.Unblocked, "not blocked") || !strings.Contains(report.Unblocked, "BlockSignals") {
		t.Errorf("a signal that isn't blocked: %s", report.Unblocked)
	}
	var values []int32
	counts := sources.Signals{}
	for _, got := range report.Got {
		for s, c := range got.Counts {
			counts[s] += c
		}
		for _, s := range got.Senders {
			if s.PID != os.Getpid() || s.UID != uint32(os.Getuid()) || s.Queued != (s.Signal == realTime) {
				t.Fatalf("sender %+v", s)
			}
			if s.Queued {
				values = append(values, s.Value)
			}
		}
	}
	if counts[realTime] != n || counts[lastOne] != 1 {
		t.Fatalf("counted %v", counts)
	}
	for i, v := range values {
		if v != int32(i) {
			t.Fatalf("value %d came as number %d", v, i)
		}
	}
	if len(values) != n {
		t.Fatalf("%d values of %d", len(values), n)
	}
}

// lineReader reads the lines of another program.
type lineReader struct{ lines chan string }

func newLineReader(from interface{ Read([]byte) (int, error) }) *lineReader {
	r := &lineReader{make(chan string, 16)} // more than is ever said
	go func() {
		defer close(r.lines)
		var text []byte
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			text = append(text, buffer[:n]...)
			for {
				line, rest, ok := strings.Cut(string(text), "\n")
				if !ok {
					break
				}
				r.lines <- line
				text = []byte(rest)
			}
			if err != nil {
				return
			}
		}
	}()
	return r
}

func (r *lineReader) next(t *testing.T) string {
	t.Helper()
	return receive(t, r.lines, "line of the program")
}

func TestG2_ExactRefuses(t *testing.T) {
	start(t)
	for _, signals := range [][]syscall.Signal{nil, {0}, {65}, {syscall.SIGKILL}, {syscall.SIGUSR1, syscall.SIGSTOP},
		{34}, {syscall.SIGQUIT}, {syscall.SIGABRT}, {syscall.SIGSYS}, {syscall.SIGSTKFLT}, {syscall.SIGTERM}, {syscall.SIGCHLD}} {
		if s, err := sources.NewExactSignal("exact", nil, signals...); err == nil || s != nil {
			t.Errorf("signals %v: source %v, error %v", signals, s, err)
		}
	}
	s, err := sources.NewExactSignal("exact", nil, syscall.SIGUSR2)
	must(t, err)
	s.OnEvent(func(sources.ExactSignals) {})
	if err := s.Activate(); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("a signal that is not blocked: %v", err)
	}
}
