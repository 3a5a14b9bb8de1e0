// Command bench measures reactord beside its peers, in one run, and writes
// bench/RESULTS.md. Figures count as ratios: the machine's own speed divides out.
//
//	go run ./bench            every workload
//	go run ./bench close      those whose name contains a word
//	go run ./bench core       queues and sources inside one process
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// workload is one thing that is measured on several ways of doing it.
type workload struct {
	name   string
	models string // what it stands for
	reach  string // what is to be reached
	run    func(b *bench) ([]row, error)
}

// row is the figures of one way.
type row struct {
	way   string
	cells []string
}

var workloads = slices.Concat([]workload{closeToCommand, exitToHandler}, core, loop, timers)

// alternations is how often the ways take turns.
const alternations = 5

// bench is what workloads share.
type bench struct {
	dir      string // for files; on tmpfs where there is one
	reactord string // the binary
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	parent := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		parent = "/dev/shm"
	}
	dir, err := os.MkdirTemp(parent, "reactord-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, reactord: filepath.Join(dir, "reactord")}
	if err := os.Setenv("CGO_ENABLED", "0"); err != nil { // as it is shipped
		return err
	}
	if err := b.command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.reactord, "./cmd/reactord"); err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Results\n\nWritten by `make bench` on %s: %d processors, %s, kernel %s.\nMedians over %d alternating runs, the best in parentheses. Read the ratios.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), release(), alternations)
	for _, w := range workloads {
		if !selected(w.name, words) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", w.name)
		rows, err := w.run(b)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Fprintf(&text, "\n## %s\n\n%s To reach: %s.\n\n", w.name, w.models, w.reach)
		for i, r := range rows {
			fmt.Fprintf(&text, "| %s | %s |\n", r.way, strings.Join(r.cells, " | "))
			if i == 0 {
				text.WriteString(strings.Repeat("|---", len(r.cells)+1) + "|\n")
			}
		}
	}
	fmt.Print(text.String())
	if len(words) > 0 {
		return nil // a part is not the results
	}
	return os.WriteFile("bench/RESULTS.md", []byte(text.String()), 0o644)
}

func selected(name string, words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

func (b *bench) command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// compile builds one of our small C programs, static unless it needs libraries.
func (b *bench) compile(name string, libraries ...string) (string, error) {
	out := filepath.Join(b.dir, name)
	args := []string{"-O2", "-Wall", "-o", out, filepath.Join("bench/c", name+".c")}
	if len(libraries) == 0 {
		args = append(args, "-static")
	}
	return out, b.command("gcc", append(args, libraries...)...)
}

func release() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}

// quantile of a sorted list.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// summary is the median and the best of a figure's values.
func summary(values []float64) (median, best float64) {
	slices.Sort(values)
	return values[len(values)/2], values[0]
}

func cell(values []float64) string {
	median, best := summary(values)
	return fmt.Sprintf("%.0f (%.0f)", median, best)
}
