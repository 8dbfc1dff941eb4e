// Command metrics-speed computes the sample metrics of genlab eval with package metrics and with POT, dcor and prdc, on
// the same two samples of 10,000 points, and prints values and median times. All take turns, over several rounds.
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install pot dcor prdc scikit-learn
//	go run ./experiments/metrics-speed -python /tmp/peers/bin/python -o experiments/metrics-speed/results.json
//
// The times of genlab include standard errors, which no peer computes. The machine should be otherwise idle. The
// distance matrices of the peers take 3 GB.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/experiments/peer"
	"genlab/internal/kernel"
	"genlab/lab/experiment"
	"genlab/metrics"
)

//go:embed peer.py
var script []byte

const (
	points     = 10000
	directions = 128
	seed       = 1
)

// row is a line of the table.
type row struct {
	Metric      string     `json:"metric"`
	Peer        string     `json:"peer"`
	Threads     int        `json:"threads"`
	Values      []float64  `json:"values"`
	Difference  float64    `json:"largest_difference"` // of a value, absolute
	Seconds     float64    `json:"seconds"`
	PeerSeconds float64    `json:"peer_seconds"`
	Spread      [2]float64 `json:"peer_seconds_range"`
}

// report is results.json.
type report struct {
	Date     string `json:"date"`
	Machine  string `json:"machine"`
	Go       string `json:"go"`
	CPU      string `json:"cpu_level"`
	Versions string `json:"versions"`
	Rounds   int    `json:"rounds"`
	Results  []row  `json:"results"`
}

func main() {
	python := flag.String("python", "python3", "Python interpreter with POT, dcor and prdc")
	rounds := flag.Int("rounds", 5, "number of rounds over all metrics")
	threads := flag.Int("threads", 2, "number of cores")
	out := flag.String("o", "", "results.json to write")
	flag.Parse()
	if err := run(*python, *rounds, *threads, *out); err != nil {
		fmt.Fprintln(os.Stderr, "metrics-speed:", err)
		os.Exit(1)
	}
}

// pair is a metric of two samples (n x 2), and the peer that computes it too.
type pair struct {
	metric, peer string
	of           func(x, y mat.Matrix) []float64
}

var pairs = []pair{
	{"energy distance", "POT", energy},
	{"energy distance", "dcor", energy},
	{"sliced W2", "POT", func(x, y mat.Matrix) []float64 {
		return []float64{metrics.SlicedW2(x, y, directions, rand.New(rand.NewPCG(seed, 2))).Value}
	}},
	{"exact W2", "POT", func(x, y mat.Matrix) []float64 {
		const n = 1000
		first := func(x mat.Matrix) mat.Matrix { return mat.DenseCopyOf(x).Slice(0, n, 0, 2) }
		return []float64{metrics.ExactW2(first(x), first(y)).Value}
	}},
	{"precision, recall, density, coverage", "prdc", func(x, y mat.Matrix) []float64 {
		p, r, d, c := metrics.PrecisionRecall(y, x, 5)
		return []float64{p.Value, r.Value, d.Value, c.Value}
	}},
}

func energy(x, y mat.Matrix) []float64 { return []float64{metrics.EnergyDistance(x, y).Value} }

// samples returns a sample of 8gaussians, and one whose rows are spread by a further 0.05.
func samples() (x, y *mat.Dense, err error) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		return nil, nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	x, y = ds.Sampler.Sample(points, rng), ds.Sampler.Sample(points, rng)
	x.Apply(func(_, _ int, v float64) float64 { return v + 0.05*rng.NormFloat64() }, x)
	return x, y, nil
}

// unitVectors returns the directions of metrics.SlicedW2 as columns.
func unitVectors() *mat.Dense {
	start := rand.New(rand.NewPCG(seed, 2)).Float64()
	u := mat.NewDense(2, directions, nil)
	for k := range directions {
		sin, cos := math.Sincos(math.Pi * (float64(k) + start) / directions)
		u.SetCol(k, []float64{cos, sin})
	}
	return u
}

func run(python string, rounds, threads int, out string) error {
	folder, err := os.MkdirTemp("", "metrics-speed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	x, y, err := samples()
	if err != nil {
		return err
	}
	for name, m := range map[string]*mat.Dense{"x": x, "y": y, "directions": unitVectors()} {
		if err := datasets.WritePoints(filepath.Join(folder, name+".npy"), m); err != nil {
			return err
		}
	}
	file := filepath.Join(folder, "peer.py")
	if err := os.WriteFile(file, script, 0o666); err != nil {
		return err
	}
	p, err := startPeer(python, file, folder, threads)
	if err != nil {
		return fmt.Errorf("%w; install the peers as this program's documentation says", err)
	}
	defer p.Stop()
	rep := report{
		Date: time.Now().Format(time.DateOnly), Machine: experiment.Processor(), Go: runtime.Version(),
		CPU: kernel.CPULevel().String(), Versions: p.Version, Rounds: rounds,
	}
	for _, pair := range pairs {
		r, err := compare(pair, p, x, y, rounds, threads)
		if err != nil {
			return err
		}
		fmt.Printf("%-38s %-5s %d threads  genlab %8.4f s  peer %8.4f s  ratio %6.1f  difference %.1e  values %.6v\n",
			r.Metric, r.Peer, r.Threads, r.Seconds, r.PeerSeconds, r.PeerSeconds/r.Seconds, r.Difference, r.Values)
		rep.Results = append(rep.Results, r)
	}
	if out == "" {
		return nil
	}
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(b, '\n'), 0o666)
}

// compare computes a metric in turn, after a call of each that is not timed.
func compare(q pair, p *peer.Process, x, y *mat.Dense, rounds, threads int) (row, error) {
	r := row{Metric: q.metric, Peer: q.peer, Threads: threads}
	var own, theirs []float64
	for round := range rounds + 1 {
		runtime.GOMAXPROCS(threads)
		start := time.Now()
		r.Values = q.of(x, y)
		seconds := time.Since(start).Seconds()
		runtime.GOMAXPROCS(1) // waiting must not take a core of the peer
		a, err := compute(p, q.metric+" "+q.peer)
		if err != nil {
			return r, err
		}
		if len(a.Values) != len(r.Values) {
			return r, fmt.Errorf("%s has %d values of %s, want %d", q.peer, len(a.Values), q.metric, len(r.Values))
		}
		for i, v := range a.Values {
			r.Difference = max(r.Difference, math.Abs(v-r.Values[i]))
		}
		if round > 0 {
			own, theirs = append(own, seconds), append(theirs, a.Seconds)
		}
	}
	slices.Sort(own)
	slices.Sort(theirs)
	r.Seconds, r.PeerSeconds = own[rounds/2], theirs[rounds/2]
	r.Spread = [2]float64{theirs[0], theirs[rounds-1]}
	return r, nil
}
