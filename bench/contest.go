package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// contest is what most workloads are: ways of doing the same work that take
// turns in one process, each turn giving one value for each figure.
type contest struct {
	figures []figure
	ways    []way
}

// ours is how the names of our own ways begin.
const ours = "reactor"

// figure is what is measured, with its unit in its name.
type figure struct {
	name string
	// of is the way the others are divided by; empty where the figure itself
	// is what counts.
	of string
	// reach is what our ways must not exceed: a ratio if of is set; 0 is no bound.
	reach float64
}

// way is one way of doing the work. It checks its own result.
type way struct {
	name  string
	lacks string // the package that isn't installed: there is nothing to run
	run   func() ([]float64, error)
}

// rows runs the contest. Each way has one turn that doesn't count, to warm up.
func (c contest) rows() ([]row, error) {
	values := make([][][]float64, len(c.ways)) // by way and figure
	for i := range values {
		values[i] = make([][]float64, len(c.figures))
	}
	for round := range 1 + alternations {
		for turn := range c.ways {
			i := (turn + round) % len(c.ways) // nobody always follows the same one
			w := c.ways[i]
			if w.lacks != "" {
				continue
			}
			runtime.GC() // nobody pays for what another one left
			got, err := w.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
			if len(got) != len(c.figures) {
				return nil, fmt.Errorf("%s: %d values for %d figures", w.name, len(got), len(c.figures))
			}
			for f, v := range got {
				if round > 0 {
					values[i][f] = append(values[i][f], v)
				}
			}
		}
	}
	return c.table(values), nil
}

func (c contest) table(values [][][]float64) []row {
	rows := []row{{way: "way"}}
	for _, f := range c.figures {
		rows[0].cells = append(rows[0].cells, f.name)
		if f.of != "" {
			rows[0].cells = append(rows[0].cells, "by "+f.of)
		}
	}
	for i, w := range c.ways {
		r := row{way: w.name}
		for f := range c.figures {
			r.cells = append(r.cells, c.cells(values, i, f)...)
		}
		rows = append(rows, r)
	}
	return rows
}

// cells are those of one way and figure: the figure, and its ratio if there is
// one, medians with the bests in parentheses.
func (c contest) cells(values [][][]float64, i, f int) []string {
	figure := c.figures[f]
	if lacks := c.ways[i].lacks; lacks != "" {
		return slices.Repeat([]string{lacks + " is not installed"}, 1+min(len(figure.of), 1))
	}
	reach := ""
	if strings.HasPrefix(c.ways[i].name, ours) && figure.reach > 0 {
		reach = ", to reach " + shown(figure.reach)
	}
	median, best := summary(slices.Clone(values[i][f]))
	cell := fmt.Sprintf("%s (%s)", shown(median), shown(best))
	if figure.of == "" {
		return []string{cell + reach}
	}
	other := slices.IndexFunc(c.ways, func(w way) bool { return w.name == figure.of })
	if lacks := c.ways[other].lacks; lacks != "" {
		return []string{cell, lacks + " is not installed"}
	}
	ofMedian, ofBest := summary(slices.Clone(values[other][f]))
	return []string{cell, fmt.Sprintf("%.2f (%.2f)%s", median/ofMedian, best/ofBest, reach)}
}

// shown is a figure with three digits.
func shown(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
