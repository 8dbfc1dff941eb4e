package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat"

	"genlab/internal/plot"
)

// exponent returns the slope of log time against log x over the upper half of the sizes, where the work
// dominates what a call costs at any size.
func (c curve) exponent() float64 {
	upper := c.Points[len(c.Points)/2:]
	if len(upper) < 2 {
		upper = c.Points
	}
	var x, y []float64
	for _, p := range upper {
		x, y = append(x, math.Log(p.X)), append(y, math.Log(p.Seconds))
	}
	_, slope := stat.LinearRegression(x, y, nil, false)
	return slope
}

// bend returns the smallest x from which each doubling of x costs at least 2^(exponent - 0.3), 0 if that is
// the first.
func (c curve) bend() float64 {
	e, at := c.exponent(), 0.0
	for i := 1; i < len(c.Points); i++ {
		p, q := c.Points[i-1], c.Points[i]
		if math.Log(q.Seconds/p.Seconds)/math.Log(q.X/p.X) < e-0.3 {
			at = q.X
		}
	}
	return at
}

// String returns the row of the table.
func (c curve) String() string {
	first, last := c.Points[0], c.Points[len(c.Points)-1]
	bend := "–"
	if b := c.bend(); b > 0 {
		bend = fmt.Sprintf("%.0f", b)
	}
	return fmt.Sprintf("| %s | %s, %.0f to %.0f | %d | %s | %s | %.2f | %s | %.1f MB |", c.Name, c.Axis, first.X, last.X, c.Threads,
		duration(first.Seconds), duration(last.Seconds), c.exponent(), bend, last.Bytes/1e6)
}

func duration(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.0f µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	}
	return fmt.Sprintf("%.3g s", s)
}

// printMarkdown writes the table of results.json.
func printMarkdown(w io.Writer, file string) error {
	rep, err := read(file)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "| work | against | threads | time at the smallest | at the largest | exponent | bends at | memory at the largest |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, c := range rep.Curves {
		fmt.Fprintln(w, c)
	}
	fmt.Fprintf(w, "\nTwo threads over one, at the largest size: %s.\n", strings.Join(rep.ratios(), ", "))
	_, err = fmt.Fprintf(w, "\n%s, %s kernels, %s, %s.\n", rep.Machine, rep.CPU, rep.Go, rep.Date)
	return err
}

// ratios returns, for each kind of work on one thread and on two, how many times as fast the second is.
func (r report) ratios() (all []string) {
	for _, a := range r.Curves {
		for _, b := range r.Curves {
			if a.Name == b.Name && a.Axis == b.Axis && a.Threads == 1 && b.Threads == 2 {
				last := len(a.Points) - 1
				all = append(all, fmt.Sprintf("%s %.2f", a.Name, a.Points[last].Seconds/b.Points[last].Seconds))
			}
		}
	}
	return all
}

// picture draws time against size on logarithmic scales, on one thread; of training steps the short names.
func picture(r report) ([]byte, error) {
	var all []plot.Series
	for _, c := range r.Curves {
		if c.Threads != 1 || len(c.Points) < 3 {
			continue // a comparison of cores
		}
		name := strings.NewReplacer(", training step", "", "training step", "network", "log-density", "density").Replace(c.Name)
		s := plot.Series{Name: name + ": " + c.Axis, Marks: true, Smooth: 1}
		for _, p := range c.Points {
			s.X, s.Y = append(s.X, p.X), append(s.Y, 1e3*p.Seconds)
		}
		all = append(all, s)
	}
	return plot.Lines(plot.Axes{Title: "Time of a call on one core", X: "size", Y: "milliseconds", LogX: true, LogY: true}, all...)
}
