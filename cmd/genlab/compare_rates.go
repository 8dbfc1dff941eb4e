package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	rundir "genlab/internal/run"
)

// standardRates were measured by genlab compare --calibrate --out DIR, which writes DIR/rates.json.
//
//go:embed compare_rates.json
var standardRates []byte

// ratesFile holds the rates of a comparison's folder.
const ratesFile = "rates.json"

// rates are steps a second of each model on one core: what turns a budget of seconds into a
// number of steps that no clock decides.
type rates struct {
	Machine string                        `json:"machine"`
	Date    string                        `json:"date"`
	Steps   map[string]map[string]float64 `json:"steps_per_second"` // by what is equal, and by model
	own     bool                          // of the comparison's folder
}

// standard loads the rates of the reference machine.
func (r *rates) standard() error { return json.Unmarshal(standardRates, r) }

// read replaces the rates by those of a folder that was calibrated.
func (r *rates) read(d *rundir.Dir) error {
	b, err := os.ReadFile(d.Path(ratesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	own := rates{own: true}
	if err == nil {
		err = json.Unmarshal(b, &own)
	}
	if err != nil {
		return &rundir.CorruptError{Path: d.Path(ratesFile), Reason: err.Error() + "; measure it again with --calibrate", Err: err}
	}
	*r = own
	return nil
}

// of returns the steps a second of a model. One that was never measured counts as slow: its run
// is short, and the table shows it.
func (r *rates) of(equal, model string) float64 {
	if v := r.Steps[equal][model]; v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return 50
}

func (r *rates) source() string {
	if r.own {
		return fmt.Sprintf("calibrated on this machine, %s, %s", r.Machine, r.Date)
	}
	return fmt.Sprintf("measured on the reference machine, %s, %s", r.Machine, r.Date)
}

// calibrate measures the rates, as many trainings at a time as a comparison runs, and writes
// them. The time is the processor's, so that what else the machine does hardly matters; the start
// of a run, some hundredths of it, is in it.
func (k *comparison) calibrate(ctx context.Context, w io.Writer) error {
	const seconds = 4 // that a measurement takes
	old := k.rates
	next := rates{Machine: cpuName(), Date: time.Now().UTC().Format(time.DateOnly), Steps: map[string]map[string]float64{}}
	temp, err := os.MkdirTemp("", "genlab-calibrate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	target, err := paradigmNamed("diffusion").count(0)
	if err != nil {
		return err
	}
	var runs []*contender
	var equals []equality
	for _, equal := range []equality{equalSeconds, equalParams} {
		next.Steps[string(equal)] = map[string]float64{}
		for _, name := range theParadigms {
			p := paradigmNamed(name)
			s := sizing{steps: int(seconds * old.of(string(equal), name))}
			if equal == equalParams {
				if s.hidden, err = widthFor(p, target); err != nil {
					return err
				}
			}
			r := &contender{model: name, data: "25gaussians", seed: 1}
			if err := r.plan(s); err != nil {
				return err
			}
			r.dir = filepath.Join(temp, string(equal)+"-"+r.model)
			runs, equals = append(runs, r), append(equals, equal)
		}
	}
	if err := each(ctx, runs, newBars(w, runs), func(ctx context.Context, r *contender, update func(int)) error {
		return r.fresh(ctx, r.dir, update)
	}); err != nil {
		return err
	}
	for i, r := range runs {
		if r.result.Reason != "" {
			return fmt.Errorf("%s cannot be calibrated: %s", r.model, r.result.Reason)
		}
		rate := float64(r.steps) / r.processor.Seconds()
		next.Steps[string(equals[i])][r.model], _ = strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 3, 64), 64)
	}
	b, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	if err := k.root.WriteFile(ratesFile, append(b, '\n')); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n%s\n", b, k.root.Path(ratesFile))
	return err
}

// cpuName is the processor's name where the system tells, else its architecture.
func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
			}
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// cores is the number of trainings at a time.
func cores() int { return max(1, runtime.GOMAXPROCS(0)) }
