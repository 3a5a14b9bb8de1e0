package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var closeToCommand = workload{
	name:   "file closed to command started",
	models: "A file is written and closed, 20 ms apart; a static C program is started for it and says when its main began.",
	reach:  "p50 at most 1.3 times a bare loop of inotify and spawn",
	run:    runCloseToCommand,
}

func runCloseToCommand(b *bench) ([]row, error) {
	stamp, err := b.compile("stamp")
	if err != nil {
		return nil, err
	}
	bareC, err := b.compile("spawn_loop")
	if err != nil {
		return nil, err
	}
	bareGo := filepath.Join(b.dir, "bareloop")
	if err := b.command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bareGo, "./bench/bareloop"); err != nil {
		return nil, err
	}
	fifo, tree := filepath.Join(b.dir, "stamps"), filepath.Join(b.dir, "tree")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		return nil, err
	}
	if err := os.Mkdir(tree, 0o700); err != nil {
		return nil, err
	}
	stamps, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer stamps.Close()

	var p50s, p99s [3][]float64
	for range alternations {
		for way, bare := range []string{bareC, bareGo, ""} {
			stop, err := b.startWay(bare, stamp, fifo, tree)
			if err != nil {
				return nil, err
			}
			late, err := closings(tree, stamps)
			stop()
			if err != nil {
				return nil, err
			}
			p50s[way] = append(p50s[way], quantile(late, 0.5))
			p99s[way] = append(p99s[way], quantile(late, 0.99))
		}
	}
	inC, _ := summary(slices.Clone(p50s[0]))
	inGo, _ := summary(slices.Clone(p50s[1]))
	line := func(way string, i int) row {
		p50, _ := summary(slices.Clone(p50s[i]))
		return row{way, []string{cell(p50s[i]), cell(p99s[i]), fmt.Sprintf("%.2f", p50/inC), fmt.Sprintf("%.2f", p50/inGo)}}
	}
	return []row{
		{"way", []string{"p50 µs", "p99 µs", "p50 by C's", "p50 by Go's"}},
		line("C: inotify and posix_spawn", 0),
		line("Go: inotify and os.StartProcess", 1),
		line("reactord: files and exec", 2),
	}, nil
}

func (b *bench) startWay(bare, stamp, fifo, tree string) (stop func(), err error) {
	if bare == "" {
		d, err := b.start(fmt.Sprintf(`
sources:
  tree: { files: { paths: [%s], events: [close] }, handler: { exec: [%s, %s] } }
`, tree, stamp, fifo))
		if err != nil {
			return nil, err
		}
		return d.stop, nil
	}
	cmd := exec.Command(bare, tree, stamp, fifo)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil { // it watches
		return nil, fmt.Errorf("spawn_loop: %w", err)
	}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }, nil
}

// closings writes files and returns, sorted, how long after each was closed
// the command had begun, in µs.
func closings(tree string, stamps io.Reader) ([]float64, error) {
	const rounds = 200
	late := make([]float64, 0, rounds)
	var stamp [8]byte
	for i := range rounds {
		f, err := os.Create(filepath.Join(tree, fmt.Sprintf("f%d", i%10)))
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(f, strings.NewReader("text")); err != nil {
			return nil, err
		}
		closed := monotonic()
		if err := f.Close(); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(stamps, stamp[:]); err != nil {
			return nil, err
		}
		late = append(late, float64(int64(binary.NativeEndian.Uint64(stamp[:]))-closed)/1e3)
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(late)
	return late, nil
}

func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}
