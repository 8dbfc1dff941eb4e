// Command bounds asks how far a VAE is from the truth, and how far its bounds are from itself:
// the ELBO, the importance-weighted bounds and log p by quadrature, in nats below -h, over
// several seeds.
//
//	go run ./experiments/bounds -data 8gaussians -seeds 5
//	go run ./experiments/bounds -data 8gaussians -seeds 5 -objective iwae -samples 16
//
// The answer, and the commands it took, stand in results.txt.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"genlab/datasets"
	"genlab/internal/affine"
	"genlab/internal/metrics"
	"genlab/internal/train"
	"genlab/vae"
)

// gaps are the nats that each figure lies below -h, from the same points.
type gaps struct {
	Seed    uint64    `json:"seed"`
	Seconds float64   `json:"seconds"`
	Draws   []int     `json:"draws"`
	Bounds  []float64 `json:"bounds"`   // of each number of draws
	BoundSE []float64 `json:"bound_se"` // of Bounds - LogP, paired
	LogP    float64   `json:"logp"`
	LogPSE  float64   `json:"logp_se"`
	Moved   float64   `json:"refined"` // what cells of half the size change of LogP
	Cells   int       `json:"cells"`
}

var draws = []int{1, 5, 50, 500}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bounds:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	cfg := vae.DefaultConfig()
	flags := flag.NewFlagSet("bounds", flag.ContinueOnError)
	data := flags.String("data", "8gaussians", "data set")
	seeds := flags.Uint64("seeds", 5, "seeds 1 to this")
	from := flags.Uint64("from", 1, "first seed")
	n := flags.Int("n", 20000, "fresh points for each figure; a quarter of them for 500 draws")
	objective := flags.String("objective", string(cfg.Objective), "elbo or iwae")
	start := flags.String("start", string(cfg.Start), "identity or random")
	posterior := flags.String("posterior", string(cfg.Posterior), "full or diagonal")
	flags.IntVar(&cfg.Samples, "samples", cfg.Samples, "draws in training")
	flags.IntVar(&cfg.Steps, "steps", cfg.Steps, "training steps")
	flags.IntVar(&cfg.Batch, "batch", cfg.Batch, "batch")
	flags.IntVar(&cfg.Hidden, "hidden", cfg.Hidden, "width")
	flags.IntVar(&cfg.Layers, "layers", cfg.Layers, "layers")
	flags.Float64Var(&cfg.LR, "lr", cfg.LR, "rate")
	flags.Float64Var(&cfg.EMA, "ema", cfg.EMA, "average")
	flags.Float64Var(&cfg.Clip, "clip", cfg.Clip, "clip")
	flags.Float64Var(&cfg.Floor, "floor", cfg.Floor, "floor")
	flags.Float64Var(&cfg.InitialScale, "initial-scale", cfg.InitialScale, "initial scale")
	flags.IntVar(&cfg.KLWarmup, "kl-warmup", cfg.KLWarmup, "steps")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg.Objective, cfg.Start, cfg.Posterior = vae.Objective(*objective), vae.Start(*start), vae.Posterior(*posterior)
	ds, err := datasets.ByName(*data)
	if err != nil {
		return err
	}
	var all []gaps
	for seed := *from; seed < *from+*seeds; seed++ {
		g, err := measure(cfg, ds, seed, *n)
		if err != nil {
			return err
		}
		all = append(all, g)
		if !*asJSON {
			fmt.Fprintf(out, "seed %d: %5.1f s, nats below -h by draws %v: %.4f, log p %.4f ± %.4f (refined %+.1e, %d cells)\n",
				seed, g.Seconds, g.Draws, g.Bounds, g.LogP, g.LogPSE, g.Moved, g.Cells)
		}
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"data": *data, "config": cfg, "seeds": all})
	}
	column := func(f func(gaps) float64) string {
		values := make([]float64, len(all))
		for i, g := range all {
			values[i] = f(g)
		}
		mean, half := metrics.AcrossSeeds(values)
		return fmt.Sprintf("%.4f ± %.4f", mean, half)
	}
	for i, k := range draws {
		fmt.Fprintf(out, "%3d draws  %s\n", k, column(func(g gaps) float64 { return g.Bounds[i] }))
	}
	fmt.Fprintf(out, "log p      %s\n", column(func(g gaps) float64 { return g.LogP }))
	fmt.Fprintf(out, "500 draws to log p  %s\n", column(func(g gaps) float64 { return g.Bounds[3] - g.LogP }))
	return nil
}

// measure trains one model as genlab train does, and takes its figures from n fresh points.
func measure(cfg vae.Config, ds *datasets.Dataset, seed uint64, n int) (g gaps, err error) {
	scale, err := affine.Fit(ds.Law.Sample(50000, train.NewStream(seed, "scale").Rand))
	if err != nil {
		return g, err
	}
	m, err := vae.New(cfg, scale, train.NewStream(seed, "init").Rand)
	if err != nil {
		return g, err
	}
	t, err := vae.NewTrainer(m)
	if err != nil {
		return g, err
	}
	data, noise := train.NewStream(seed, "data"), train.NewStream(seed, "noise")
	begun := time.Now()
	for range cfg.Steps {
		if _, err := t.Learn(ds.Law.Sample(cfg.Batch, data.Rand), noise.Rand); err != nil {
			return g, err
		}
	}
	g = gaps{Seed: seed, Seconds: time.Since(begun).Seconds()}
	return g, g.fill(t.Average(), ds, n, train.NewStream(seed, "likelihood").Rand)
}

// fill takes all figures as differences to log p of the truth at the same points.
func (g *gaps) fill(m *vae.Model, ds *datasets.Dataset, n int, rng *rand.Rand) error {
	x := ds.Law.Sample(n, rng)
	truth := ds.Density.LogProb(x)
	q, err := m.Quadrature(vae.CellSigmas)
	if err != nil {
		return err
	}
	finer, err := m.Quadrature(vae.CellSigmas / 2.)
	if err != nil {
		return err
	}
	logp := q.LogMarginal(x)
	mean := func(a, b []float64) metrics.Estimate {
		d := make([]float64, len(b))
		for i, v := range b {
			d[i] = a[i] - v
		}
		return metrics.Mean(d)
	}
	below := mean(truth, logp)
	g.LogP, g.LogPSE, g.Cells = below.Value, below.SE, q.Cells()
	part := max(1, n/4)
	g.Moved = mean(finer.LogMarginal(x.Slice(0, part, 0, 2)), logp[:part]).Value
	for _, k := range draws {
		rows := n
		if k >= 500 {
			rows = part
		}
		// Of the points that the bound is taken at, its distance to log p; the rest is log p's.
		gap := mean(logp, m.Importance(k).LogBound(x.Slice(0, rows, 0, 2), rng))
		g.Draws, g.Bounds, g.BoundSE = append(g.Draws, k), append(g.Bounds, g.LogP+gap.Value), append(g.BoundSE, gap.SE)
	}
	return nil
}
