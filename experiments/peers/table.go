package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"genlab/internal/atomicfile"
	"genlab/lab/experiment"
)

// table is results.json.
type table struct {
	Machine string    `json:"machine"`
	Go      string    `json:"go"`
	Results []*result `json:"results"`
}

const (
	resultsFile = "experiments/peers/results.json"
	page        = "docs/peers.md"
)

// report writes what the folder has of the chosen datasets to a results.json, and the table of the page where no other file is named.
func (l *laboratory) report(out string) error {
	t := table{Machine: experiment.Processor(), Go: runtime.Version()}
	for _, data := range l.data {
		for _, p := range peers {
			for _, budget := range budgets {
				r, err := readResult(filepath.Join(l.dir, data, p.name+"-"+budget, "result.json"))
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return err
				}
				t.Results = append(t.Results, r)
			}
		}
	}
	file := out
	if file == "" {
		file = resultsFile
	}
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(file, append(b, '\n')); err != nil || out != "" {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	begin, end := "<!-- begin peers -->\n", "<!-- end peers -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no %s and %s", page, strings.TrimSpace(begin), end)
	}
	return atomicfile.Write(page, []byte(before+begin+t.markdown()+end+after))
}

// printMarkdown writes the tables of a results.json.
func printMarkdown(w io.Writer, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var t table
	if err := json.Unmarshal(b, &t); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	_, err = io.WriteString(w, t.markdown())
	return err
}

// of returns a result, nil where it is missing.
func (t *table) of(data string, p row, budget string) *result {
	i := slices.IndexFunc(t.Results, func(r *result) bool { return r.Data == data && r.Peer == p.name && r.Budget == budget })
	if i < 0 {
		return nil
	}
	return t.Results[i]
}

// markdown returns a table for each dataset, and the list of what was trained.
func (t *table) markdown() string {
	var b strings.Builder
	var data, versions, dates, missing []string
	for _, r := range t.Results {
		if !slices.Contains(data, r.Data) {
			data = append(data, r.Data)
		}
		if !slices.Contains(dates, r.Date) {
			dates = append(dates, r.Date)
		}
		for v := range strings.SplitSeq(r.Version, ", ") {
			if !slices.Contains(versions, v) && !strings.HasPrefix(v, "genlab") && !strings.HasPrefix(v, "commit") && !strings.HasPrefix(v, "go1") {
				versions = append(versions, v)
			}
		}
	}
	slices.Sort(versions)
	slices.Sort(dates)
	loaded := false
	for _, d := range data {
		fmt.Fprintf(&b, "### %s\n\n| library | model | budget | KL(p‖q), nats | energy distance | oracle | modes | mode TV | training | %d samples |\n|---|---|---|---:|---:|---:|---:|---:|---:|---:|\n", d, evalPoints)
		for _, p := range peers {
			for _, budget := range budgets {
				r := t.of(d, p, budget)
				if r == nil {
					missing = append(missing, fmt.Sprintf("%s (%s, %s)", p.name, d, budget))
					continue
				}
				loaded = loaded || r.loaded()
				if r.diverged() {
					fmt.Fprintf(&b, "| %s | %s | %s | diverged: %d of %d samples are finite | – | – | – | – | %s | %s |\n", p.library, p.model, budget, *r.Finite, evalPoints,
						r.seconds(r.TrainSeconds, r.Train), r.seconds(r.SampleSeconds, r.Sample))
					continue
				}
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.4f | %s | %s | %s | %s |\n", p.library, p.model, budget, r.kl(), r.said("energy_distance", 4),
					r.Metrics["energy_distance"].Oracle, r.modes(), r.said("mode_tv", 3), r.seconds(r.TrainSeconds, r.Train), r.seconds(r.SampleSeconds, r.Sample))
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "One seed; ± is the standard error over the %d points. One core each of %s, %s; %s; %s.", evalPoints, t.Machine, strings.Join(dates, " and "), t.Go, strings.Join(versions, ", "))
	if loaded {
		b.WriteString(" **Times in brackets are seconds of the core on a machine that was busy with other work, and not comparable; the other columns do not depend on it.**")
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, " Not trained yet: %s.", strings.Join(missing, ", "))
	}
	b.WriteString("\n\nWhat was trained:\n\n| model | default | fair |\n|---|---|---|\n")
	for _, p := range peers {
		what := map[string]string{}
		for _, r := range t.Results {
			if r.Peer == p.name {
				what[r.Budget] = r.What
			}
		}
		fmt.Fprintf(&b, "| %s, %s | %s | %s |\n", p.library, p.model, what["default"], what["fair"])
	}
	return b.String()
}

// kl prints KL(p‖q), which is infinite where the density is not positive at all points of p.
func (r *result) kl() string {
	if r.Infinite > 0 {
		return fmt.Sprintf("∞: log q is not finite at %d points", r.Infinite)
	}
	return r.said("kl", 4)
}

// said prints a metric with its standard error.
func (r *result) said(name string, digits int) string {
	m := r.Metrics[name]
	switch {
	case m == nil:
		return "–"
	case m.SE > 0:
		return fmt.Sprintf("%.*f ± %.*f", digits, m.Value, digits, m.SE)
	}
	return fmt.Sprintf("%.*f", digits, m.Value)
}

func (r *result) modes() string {
	if r.Metrics["modes"] == nil || r.Metrics["modes_total"] == nil {
		return "–"
	}
	return fmt.Sprintf("%.0f of %.0f", r.Metrics["modes"].Value, r.Metrics["modes_total"].Value)
}

// loaded reports whether the training had less than nine tenths of a core.
func (r *result) loaded() bool { return r.TrainSeconds > 0.5 && r.Train < 0.9*r.TrainSeconds }

// seconds prints a time: that of the wall, or in brackets that of the core where other work had it too.
func (r *result) seconds(wall, cpu float64) string {
	if r.loaded() || wall > 0.5 && cpu < 0.9*wall {
		return "(" + seconds(cpu) + ")"
	}
	return seconds(wall)
}

func seconds(s float64) string {
	if s < 0.1 {
		return "< 0.1 s"
	}
	return fmt.Sprintf("%.*f s", max(0, 1-int(math.Floor(math.Log10(s)))), s)
}
