// Command speed compares the speed of genlab's training step, forward pass, critic step and sampling with
// that of PyTorch, JAX and GoMLX doing the same work on the same cores. It times all of them in turn over
// several rounds, and prints medians and their ratios. With -only it measures one kind of work
// again, and keeps the other rows of the file.
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch jax zuko
//	go run ./experiments/speed -python /tmp/peers/bin/python -o experiments/speed/results.json
//
// The machine should be otherwise idle.
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

// timing is a row of the table: medians over the rounds, in microseconds per call.
type timing struct {
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
	Results  []timing `json:"results"`
}

func main() {
	python := flag.String("python", "python3", "Python interpreter with torch and jax")
	rounds := flag.Int("rounds", 3, "number of rounds over all peers; a call of seconds has one")
	out := flag.String("o", "", "results.json to write, or to update with -only")
	quick := flag.Bool("quick", false, "measure only the reference training step")
	only := flag.String("only", "", "measure only one kind of work: "+strings.Join(kinds(), ", "))
	alone := flag.Bool("alone", false, "measure genlab without its peers, such as to compare two builds")
	markdown := flag.String("markdown", "", "results.json whose table to print, without measuring")
	flag.Parse()
	err := func() error {
		if *markdown != "" {
			return printMarkdown(os.Stdout, *markdown)
		}
		ws := workloads(*quick, *only)
		if *alone {
			return runAlone(ws, *rounds)
		}
		return run(*python, *rounds, *out, ws)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

// workloads returns the rows of the table, or those of one kind.
func workloads(quick bool, only string) []workload {
	if quick {
		return []workload{{"train", 128, 256}}
	}
	ws := []workload{
		{"vae", 128, 256}, {"gan", 64, 128}, {"flow", 48, 512}, {"text", 128, 12}, {"text-bf16", 128, 12}, {"score", 48, 1000000}, {"draw", 48, 1000000},
		{"forward", 128, 1000}, {"sample", 128, 10000}, {"sample-bf16", 128, 10000}, {"critic", 128, 256},
	}
	for _, hidden := range []int{64, 128, 256} {
		for _, rows := range []int{64, 256, 1024} {
			ws = append(ws, workload{"train", hidden, rows})
		}
	}
	return slices.DeleteFunc(ws, func(w workload) bool { return only != "" && w.Kind != only })
}

// kinds returns the kinds of work in the order of the table.
func kinds() (names []string) {
	for _, w := range workloads(false, "") {
		if !slices.Contains(names, w.Kind) {
			names = append(names, w.Kind)
		}
	}
	return names
}

func run(python string, rounds int, out string, ws []workload) error {
	if len(ws) == 0 {
		return errors.New("invalid -only: expected one of " + strings.Join(kinds(), ", "))
	}
	var peers []*library
	defer func() {
		for _, p := range peers {
			p.Stop()
		}
	}()
	dir, err := scripts()
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "speed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	gomlx := filepath.Join(temporary, "gomlx")
	if err := buildGo(dir, gomlx); err != nil {
		return err
	}
	torch, jax := []string{python, filepath.Join(dir, "peer_torch.py")}, []string{python, filepath.Join(dir, "peer_jax.py")}
	for _, k := range []struct {
		command []string
		mode    string
	}{{torch, "eager"}, {torch, "fused"}, {torch, "compile"}, {jax, "jit"}, {[]string{gomlx}, "go"}} {
		for _, threads := range []int{1, 2} {
			p, err := startLibrary(k.mode, threads, k.command...)
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
		if !slices.Contains(rep.Versions, p.Version) {
			rep.Versions = append(rep.Versions, p.Version)
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

// keep copies the rows of an earlier report that this one has not measured.
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
	r.FMAPeak = max(r.FMAPeak, old.FMAPeak) // rows are shares of it
	for _, w := range workloads(false, "") {
		from := measured
		if !slices.ContainsFunc(measured, w.measured) {
			from = old.Results
			if old.Machine != r.Machine || old.Go != r.Go || !slices.Equal(old.Versions, r.Versions) {
				return fmt.Errorf("%s was measured on another machine or with other versions: measure all kinds, or write another file", file)
			}
		}
		for _, row := range from {
			if w.measured(row) {
				r.Results = append(r.Results, row)
			}
		}
	}
	return nil
}

func (w workload) measured(t timing) bool {
	return t.Kind == w.Kind && t.Hidden == w.Hidden && t.Rows == w.Rows
}

// runAlone prints genlab's own times, in microseconds per call.
func runAlone(ws []workload, rounds int) error {
	for _, w := range ws {
		rs, err := compare(w, nil, rounds, kernel.FMAPeak())
		if err != nil {
			return err
		}
		for _, r := range rs {
			fmt.Printf("%s, %d threads: %.0f\n", r.title(), r.Threads, r.Genlab)
		}
	}
	return nil
}

// longCall is the time of a call, in microseconds, from which one round is enough.
const longCall = 2e6

// compare times a workload in every library, in turn, and returns a row for each number of threads.
func compare(w workload, peers []*library, rounds int, peak float64) ([]timing, error) {
	own := map[int][]float64{}
	theirs := map[string][]float64{}
	step, err := w.step()
	if err != nil {
		return nil, err
	}
	for round := range rounds {
		if round > 0 && own[1][0] > longCall {
			break
		}
		for _, threads := range []int{1, 2} {
			runtime.GOMAXPROCS(threads)
			own[threads] = append(own[threads], measure(step))
			runtime.GOMAXPROCS(1) // waiting must not take a core of the peer
			for _, p := range peers {
				if p.threads != threads || w.skips(p) {
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
		medians[k] = experiment.Median(v)
	}
	var rs []timing
	for _, threads := range []int{1, 2} {
		r := timing{Kind: w.Kind, Hidden: w.Hidden, Rows: w.Rows, Threads: threads, Genlab: experiment.Median(own[threads]), Peers: medians}
		if f := w.flops(); threads == 1 && f > 0 {
			r.Peak = f / r.Genlab / 1e3 / peak
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// column is a peer in the table.
type column struct{ peer, title string }

// columns lists the peers in the order of the table.
var columns = []column{
	{"torch eager", "PyTorch eager"}, {"torch fused", "PyTorch with fused Adam"}, {"torch compile", "torch.compile"},
	{"jax jit", "JAX jit"}, {"gomlx go", "GoMLX, pure Go"},
}

// best returns a peer's median on the row's threads; on two, the better of its one and two; 0 if it was
// not measured.
func (t timing) best(name string) float64 {
	us := t.Peers[name+" 1"]
	if t.Threads == 2 {
		us = min(us, t.Peers[name+" 2"])
	}
	return us
}

// scripts returns the folder of the Python scripts, from the module's root or from this folder.
func scripts() (string, error) {
	for _, dir := range []string{".", "experiments/speed"} {
		if _, err := os.Stat(filepath.Join(dir, "peer_torch.py")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("peer_torch.py not found: run this program from the module's root")
}
