// Command speed answers: how fast are genlab's training step, forward pass, critic step and
// sampling beside PyTorch and JAX doing the same work on the same cores? It times all of them in
// turn, several rounds, in one sitting, and prints medians and their ratios. With -only it
// measures the lines of one kind again, and keeps the file's others.
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch jax
//	go run ./experiments/speed -python /tmp/peers/bin/python -o experiments/speed/results.json
//
// Nothing else should run meanwhile.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/experiment"
)

// result is a line of the table: medians over the rounds, in microseconds a call.
type result struct {
	Kind    string             `json:"kind"`
	Hidden  int                `json:"hidden"`
	Rows    int                `json:"rows"`
	Threads int                `json:"threads"`
	Genlab  float64            `json:"genlab_us"`
	Peers   map[string]float64 `json:"peers_us"` // by the peer's name and threads
	Peak    float64            `json:"share_of_fma_peak,omitempty"`
}

// report is results.json.
type report struct {
	Date     string   `json:"date"`
	Machine  string   `json:"machine"`
	Go       string   `json:"go"`
	CPU      string   `json:"cpu_level"`
	Versions []string `json:"versions"`
	Rounds   int      `json:"rounds"`
	FMAPeak  float64  `json:"fma_peak_gflops"`
	Results  []result `json:"results"`
}

func main() {
	python := flag.String("python", "python3", "interpreter that has torch and jax")
	rounds := flag.Int("rounds", 5, "rounds over all peers, for each line")
	out := flag.String("o", "", "file to write as JSON")
	quick := flag.Bool("quick", false, "the reference step alone")
	only := flag.String("only", "", "measure this kind alone: forward, critic, train or sample")
	markdown := flag.String("markdown", "", "print the table of this results.json")
	flag.Parse()
	err := func() error {
		if *markdown != "" {
			return printMarkdown(os.Stdout, *markdown)
		}
		return run(*python, *rounds, *out, works(*quick, *only))
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

// works are the lines of the table, or those of one kind.
func works(quick bool, only string) []work {
	if quick {
		return []work{{"train", 128, 256}}
	}
	ws := []work{{"forward", 128, 1000}, {"sample", 128, 10000}, {"critic", 128, 256}}
	for _, hidden := range []int{64, 128, 256} {
		for _, rows := range []int{64, 256, 1024} {
			ws = append(ws, work{"train", hidden, rows})
		}
	}
	return slices.DeleteFunc(ws, func(w work) bool { return only != "" && w.Kind != only })
}

func run(python string, rounds int, out string, ws []work) error {
	if len(ws) == 0 {
		return errors.New("-only names no kind of work: forward, critic, train or sample")
	}
	var peers []*peer
	defer func() {
		for _, p := range peers {
			p.stop()
		}
	}()
	dir, err := scripts()
	if err != nil {
		return err
	}
	for _, k := range []struct{ script, mode string }{
		{"peer_torch.py", "eager"}, {"peer_torch.py", "fused"}, {"peer_torch.py", "compile"}, {"peer_jax.py", "jit"},
	} {
		for _, threads := range []int{1, 2} {
			p, err := startPeer(python, filepath.Join(dir, k.script), k.mode, threads)
			if err != nil {
				return fmt.Errorf("%w; install PyTorch and JAX as this program's documentation says", err)
			}
			peers = append(peers, p)
		}
	}
	rep := report{
		Date: time.Now().Format(time.DateOnly), Machine: experiment.Processor(), Go: runtime.Version(),
		CPU: kernel.CPULevel().String(), Rounds: rounds, FMAPeak: kernel.FMAPeak(),
	}
	for _, p := range peers {
		if !slices.Contains(rep.Versions, p.version) {
			rep.Versions = append(rep.Versions, p.version)
		}
	}
	for _, w := range ws {
		rs, err := compare(w, peers, rounds, rep.FMAPeak)
		if err != nil {
			return err
		}
		for _, r := range rs {
			fmt.Println(r)
		}
		rep.Results = append(rep.Results, rs...)
	}
	if out == "" {
		return nil
	}
	if err := rep.keep(out); err != nil {
		return err
	}
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(b, '\n'), 0o666)
}

// keep takes over the lines of an earlier report that this one has not measured.
func (r *report) keep(file string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old report
	if err := json.Unmarshal(b, &old); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	measured := r.Results
	r.Results = nil
	r.FMAPeak = max(r.FMAPeak, old.FMAPeak) // what is kept of it are shares
	for _, w := range works(false, "") {
		from := measured
		if !slices.ContainsFunc(measured, w.measured) {
			from = old.Results
			if old.Machine != r.Machine || old.Go != r.Go || !slices.Equal(old.Versions, r.Versions) {
				return fmt.Errorf("%s is of another machine or other versions: measure all of it, or write another file", file)
			}
		}
		for _, line := range from {
			if w.measured(line) {
				r.Results = append(r.Results, line)
			}
		}
	}
	return nil
}

func (w work) measured(r result) bool {
	return r.Kind == w.Kind && r.Hidden == w.Hidden && r.Rows == w.Rows
}

// compare times one work in every library, in turn, and returns a line for each number of
// threads.
func compare(w work, peers []*peer, rounds int, peak float64) ([]result, error) {
	own := map[int][]float64{}
	theirs := map[string][]float64{}
	step, err := w.step()
	if err != nil {
		return nil, err
	}
	for range rounds {
		for _, threads := range []int{1, 2} {
			runtime.GOMAXPROCS(threads)
			own[threads] = append(own[threads], measure(step))
			runtime.GOMAXPROCS(1) // what waits for a peer should not take its core
			for _, p := range peers {
				if p.threads != threads || w.Kind == "sample" && p.mode == "fused" { // it has no optimiser
					continue
				}
				us, err := p.measure(w)
				if err != nil {
					return nil, err
				}
				key := fmt.Sprintf("%s %d", p.name, p.threads)
				theirs[key] = append(theirs[key], us)
			}
		}
	}
	medians := map[string]float64{}
	for k, v := range theirs {
		medians[k] = median(v)
	}
	var rs []result
	for _, threads := range []int{1, 2} {
		r := result{Kind: w.Kind, Hidden: w.Hidden, Rows: w.Rows, Threads: threads, Genlab: median(own[threads]), Peers: medians}
		if f := w.flops(); threads == 1 && f > 0 {
			r.Peak = f / r.Genlab / 1e3 / peak
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// String is the line as text: microseconds, and the ratio of each peer to genlab on the same
// number of threads; for two threads the better of the peer's two.
func (r result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-7s hidden %3d rows %4d threads %d: genlab %7.1f us", r.Kind, r.Hidden, r.Rows, r.Threads, r.Genlab)
	if r.Peak > 0 {
		fmt.Fprintf(&b, " (%.0f %% of the FMA peak)", 100*r.Peak)
	}
	for _, name := range columns {
		if r.best(name) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %s %.1f us, %.2f x", name, r.best(name), r.best(name)/r.Genlab)
	}
	return b.String()
}

// columns are the peers in the order of the table.
var columns = []string{"torch eager", "torch fused", "torch compile", "jax jit"}

// best is a peer's median on the line's threads; on two, the better of its one and two; 0 where
// it does not do the work.
func (r result) best(name string) float64 {
	us := r.Peers[name+" 1"]
	if r.Threads == 2 {
		us = min(us, r.Peers[name+" 2"])
	}
	return us
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// scripts returns the folder of this program's source, from the module's root or from itself.
func scripts() (string, error) {
	for _, dir := range []string{".", "experiments/speed"} {
		if _, err := os.Stat(filepath.Join(dir, "peer_torch.py")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("peer_torch.py is not here: run it from the module's root")
}
