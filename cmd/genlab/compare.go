package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	rundir "genlab/internal/run"
	"genlab/lab/compare"
)

// compareCmd trains every paradigm on the same data under the same budget and puts what came of
// it on one page.
type compareCmd struct {
	Data      []string      `placeholder:"NAME,..." help:"Data sets (default: that of the models' own, else 25gaussians,checkerboard,moons)."`
	Models    []string      `placeholder:"NAME,..." help:"Models (default: the five paradigms)."`
	Seeds     int           `default:"1" help:"Seeds of each model, from 1; five or more give honest intervals."`
	Budget    time.Duration `default:"15s" help:"Training time of a run on one core, at nominal rates."`
	Equal     equality      `default:"seconds" help:"What is equal: seconds of training, or params (within 5 %) and training points."`
	Smoke     bool          `help:"Tiny models and short runs that show that all works."`
	Calibrate bool          `help:"Measure this machine's nominal rates, of the paradigms and of --models (default: all), into DIR, where later comparisons find them, and stop."`
	Overwrite bool          `help:"Replace runs that were made with other settings."`
	Out       string        `default:"runs/compare" placeholder:"DIR" help:"Folder of the comparison, its runs within."`
	JSON      bool          `name:"json" help:"Print JSON instead of tables."`
}

// Run trains what is not trained yet, measures it, and writes and prints the comparison.
func (c *compareCmd) Run(con *console) error {
	k, err := c.plan()
	if err != nil {
		return err
	}
	if err := c.open(k); err != nil {
		return err
	}
	defer k.root.Close()
	progress := con.stdout
	if c.JSON {
		progress = con.stderr
	}
	if c.Calibrate {
		return k.calibrate(con.ctx, progress)
	}
	if err := k.enter(c.Overwrite); err != nil {
		return err
	}
	if err := k.train(con.ctx, progress); err != nil {
		return err
	}
	if err := k.measure(con.ctx, progress); err != nil {
		return err
	}
	r := k.result()
	if err := k.write(r); err != nil {
		return err
	}
	if c.JSON {
		b, err := r.Encode()
		if err == nil {
			_, err = con.stdout.Write(b)
		}
		return err
	}
	printComparison(con.stdout, r)
	for _, name := range written {
		fmt.Fprintln(con.stdout, k.root.Path(name))
	}
	return k.verdict()
}

// verdict is an error where no run of any model came to its end.
func (k *comparison) verdict() error {
	var reasons []string
	for _, r := range k.runs {
		switch {
		case !r.trained:
		case r.result.Status == compare.Done:
			return nil
		default:
			reasons = append(reasons, fmt.Sprintf("%s on %s: %s", r.model, r.data, r.result.Reason))
		}
	}
	return errors.New("every run failed; " + strings.Join(reasons, "; "))
}

// open locks the comparison's folder, which it makes where there is none.
func (c *compareCmd) open(k *comparison) error {
	d, err := rundir.Resume(c.Out)
	if errors.Is(err, rundir.ErrNotRun) {
		if d, err = rundir.Create(c.Out, false); err == nil {
			err = d.WriteConfig(&comparisonSettings{Comparison: strings.Join(k.plan.Data, ",")})
		}
	}
	if err != nil {
		if d != nil {
			d.Close()
		}
		return err
	}
	if b, err := d.ReadConfig(); err != nil || !strings.Contains(string(b), "comparison:") {
		d.Close()
		return usagef("%s holds a run, not a comparison: choose another --out", c.Out)
	}
	k.root = d
	return k.rates.read(d)
}

// comparisonSettings marks the folder of a comparison; all that was asked stands in compare.json.
type comparisonSettings struct {
	Comparison string `yaml:"comparison" help:"a folder of genlab compare; the data sets of its first comparison"`
}

// environment refuses settings that a comparison would silently leave out.
func environment() error {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "GENLAB_") && name != "GENLAB_CPU" {
			return usagef("environment: %s does not apply to compare, which trains every model at its defaults: unset it", name)
		}
	}
	return nil
}
