package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

var exitToHandler = workload{
	name:   "process exit to handler",
	models: "Processes that are no children of the daemon's are killed one after the other; the log handler writes when it ran. From kill(2), so the process's own end is in it.",
	reach:  "p50 at most 1000 µs",
	run:    runExitToHandler,
}

func runExitToHandler(b *bench) ([]row, error) {
	var p50s, p99s []float64
	for range alternations {
		late, err := b.exits()
		if err != nil {
			return nil, err
		}
		p50s = append(p50s, quantile(late, 0.5))
		p99s = append(p99s, quantile(late, 0.99))
	}
	return []row{
		{"way", []string{"p50 µs", "p99 µs"}},
		{"reactord: process and log", []string{cell(p50s), cell(p99s)}},
	}, nil
}

// exits kills processes and returns, sorted, how long after that the handler
// ran, in µs.
func (b *bench) exits() ([]float64, error) {
	const victims = 100
	name := "victim"
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(b.dir, name)
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	if err := os.Symlink(sleep, path); err != nil {
		return nil, err
	}
	// The shell leaves them to init: they are nobody's here.
	out, err := exec.Command("sh", "-c", fmt.Sprintf("for i in $(seq %d); do %s 1000 >/dev/null 2>&1 & echo $!; done", victims, path)).Output()
	if err != nil {
		return nil, err
	}
	time.Sleep(500 * time.Millisecond) // each has its name from exec on
	d, err := b.start("sources:\n  victims: { process: { name: " + name + " }, handler: { log: \"${pid} ${exit.signal}\" } }\n")
	if err != nil {
		return nil, err
	}
	defer d.stop()
	var late []float64
	for _, text := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			return nil, err
		}
		killed := time.Now()
		if err := p.Kill(); err != nil {
			return nil, err
		}
		l, err := d.await(text + " SIGKILL")
		if err != nil {
			return nil, err
		}
		told, err := time.Parse(time.RFC3339Nano, l["time"].(string))
		if err != nil {
			return nil, err
		}
		late = append(late, float64(told.Sub(killed).Microseconds()))
		time.Sleep(5 * time.Millisecond)
	}
	slices.Sort(late)
	return late, nil
}
