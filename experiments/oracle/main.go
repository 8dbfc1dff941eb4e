// Command oracle answers: can samples of a diffusion model with the default configuration be
// told from the truth? For each distribution it trains one model for each seed, draws 10,000
// samples of 50 network evaluations, and sets their scores beside those of a second sample of
// the truth.
//
//	go run ./experiments/oracle -o experiments/oracle/results.json
//	go run ./experiments/oracle -markdown experiments/oracle/results.json
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/affine"
	"genlab/internal/kernel"
	"genlab/internal/metrics"
	"genlab/internal/train"
)

// scored are the metrics of the table.
var scored = []string{"energy_distance", "high_quality", "mode_tv"}

// cell is one metric over the seeds.
type cell struct {
	Values []float64 `json:"values"` // of the model, by seed
	Oracle []float64 `json:"oracle"` // of the truth, by seed
}

// row is one distribution.
type row struct {
	Data  string          `json:"data"`
	Cells map[string]cell `json:"metrics"`
}

type results struct {
	Date    string           `json:"date"`
	Go      string           `json:"go"`
	CPU     string           `json:"cpu_level"`
	Seeds   int              `json:"seeds"`
	Samples int              `json:"samples"`
	Config  diffusion.Config `json:"config"`
	Rows    []row            `json:"rows"`
}

func main() {
	out := flag.String("o", "", "file to write as JSON")
	seeds := flag.Int("seeds", 5, "seeds of each distribution")
	names := flag.String("data", strings.Join(datasets.Names(), ","), "distributions")
	smoke := flag.Bool("smoke", false, "a tiny run")
	markdown := flag.String("markdown", "", "print the table of this results.json")
	flag.Parse()
	err := func() error {
		if *markdown != "" {
			return printMarkdown(os.Stdout, *markdown)
		}
		return run(strings.Split(*names, ","), *seeds, *smoke, *out)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(names []string, seeds int, smoke bool, out string) error {
	res := results{
		Date: time.Now().Format(time.DateOnly), Go: runtime.Version(), CPU: kernel.CPULevel().String(),
		Seeds: seeds, Samples: 10000, Config: diffusion.DefaultConfig(),
	}
	if smoke {
		res.Samples, res.Config.Steps, res.Config.Hidden = 500, 200, 32
	}
	for _, name := range names {
		ds, err := datasets.ByName(name)
		if err != nil {
			return err
		}
		r := row{Data: name, Cells: map[string]cell{}}
		for seed := range seeds {
			if err := r.add(ds, uint64(seed+1), res); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s seed %d\n", name, seed+1)
		}
		res.Rows = append(res.Rows, r)
	}
	b, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return err
	}
	if out == "" {
		_, err = fmt.Println(string(b))
		return err
	}
	return os.WriteFile(out, append(b, '\n'), 0o666)
}

// add trains one model and scores its samples.
func (r *row) add(ds *datasets.Dataset, seed uint64, res results) error {
	scale, err := affine.Fit(ds.Law.Sample(50000, train.NewStream(seed, "scale").Rand))
	if err != nil {
		return err
	}
	m, err := diffusion.New(res.Config, scale, train.NewStream(seed, "init").Rand)
	if err != nil {
		return err
	}
	t, err := diffusion.NewTrainer(m)
	if err != nil {
		return err
	}
	o := train.Options{Batch: res.Config.Batch, Steps: res.Config.Steps}
	for _, err := range train.Run(context.Background(), t, ds.Law, o, train.NewStream(seed, "data"), train.NewStream(seed, "noise")) {
		if err != nil {
			return err
		}
	}
	truth := train.NewStream(seed, "evaluation").Rand
	rows := metrics.Evaluate(t.Average().Sample(res.Samples, train.NewStream(seed, "sample").Rand),
		ds.Law.Sample(res.Samples, truth), ds.Law.Sample(res.Samples, truth),
		metrics.Described{Modes: ds.Modes, Weights: ds.ModeWeights(), Ceiling: ds.HighQuality})
	for _, m := range rows {
		c := r.Cells[m.Name]
		c.Values, c.Oracle = append(c.Values, m.Value), append(c.Oracle, m.Oracle)
		r.Cells[m.Name] = c
	}
	return nil
}

// printMarkdown writes the README's table: mean and 95 % interval over the seeds, and below it
// the oracle's mean.
func printMarkdown(w io.Writer, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var res results
	if err := json.Unmarshal(b, &res); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	fmt.Fprintln(w, "| data | energy distance, model | oracle | high quality, model | oracle | mode TV, model | oracle |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, r := range res.Rows {
		fmt.Fprintf(w, "| %s |", r.Data)
		for _, name := range scored {
			c := r.Cells[name]
			mean, half := metrics.AcrossSeeds(c.Values)
			oracle, _ := metrics.AcrossSeeds(c.Oracle)
			digits := max(0, 1-int(math.Floor(math.Log10(math.Max(half, 1e-6)))))
			fmt.Fprintf(w, " %.*f ± %.*f | %.*f |", digits, mean, digits, half, digits, oracle)
		}
		fmt.Fprintln(w)
	}
	_, err = fmt.Fprintf(w, "\nMean over %d seeds with a 95 %% interval, %d samples of %d network evaluations each; %s, %s kernels, %s.\n",
		res.Seeds, res.Samples, res.Config.NFE, res.Go, res.CPU, res.Date)
	return err
}
