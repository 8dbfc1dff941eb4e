package compare

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"genlab/lab/registry"
)

// Calibrate measures the rates, with as many trainings at a time as a comparison runs, and writes them
// to the folder and to w: those of the paradigms at both equalities, and of the plan's other models at
// their default size. Rates are in CPU time, so that other load on the machine matters little; they
// include the start of a process, some hundredths of the time. Calibrate fails where a training does, where
// the file cannot be written, and with trainer.ErrInterrupted.
func (k *Comparison) Calibrate(ctx context.Context, w io.Writer) error {
	next := rates{Machine: cpuName(), Date: time.Now().UTC().Format(time.DateOnly), Steps: map[string]map[string]float64{}}
	temp, err := os.MkdirTemp("", "genlab-calibrate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	target, err := sizeOf(mustNamed(k.models, sizeReference), calibrationData)
	if err != nil {
		return err
	}
	var pilots, runs []timedTraining
	for _, equal := range []Equality{equalSeconds, equalParams} {
		next.Steps[string(equal)] = map[string]float64{}
		for _, m := range k.models {
			name := m.About().Name
			_, err := k.rates.of(string(equal), m)
			run := timedTraining{equal: equal, model: m, dir: filepath.Join(temp, string(equal)+"-"+name)}
			switch paradigm := m.About().Role == registry.Paradigm; {
			case !paradigm && (equal == equalParams || !slices.Contains(k.plan.Models, name)):
				continue
			case equal == equalParams:
				if run.hidden, err = widthFor(m, target, calibrationData); err != nil {
					return err
				}
			case err != nil: // never measured: a short training says how long the measurement should be
				pilots = append(pilots, run)
			}
			runs = append(runs, run)
		}
	}
	if err := k.rates.measure(ctx, w, k.rates, pilots); err != nil {
		return err
	}
	if err := next.measure(ctx, w, k.rates, runs); err != nil {
		return err
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

// timedTraining is a training whose rate is measured.
type timedTraining struct {
	equal  Equality
	model  registry.Model
	dir    string
	hidden int
}

// measure measures the rates of trainings, each of which takes some seconds at the old rates, or
// pilotSteps where there is no old one.
func (r *rates) measure(ctx context.Context, w io.Writer, old rates, list []timedTraining) error {
	const (
		seconds    = 4
		pilotSteps = 200
	)
	var runs []*trial
	for _, t := range list {
		s := trainingSize{steps: pilotSteps, hidden: t.hidden}
		if rate, err := old.of(string(t.equal), t.model); err == nil {
			s.steps = max(1, int(seconds*rate))
		}
		c := &trial{model: t.model.About().Name, data: cmp.Or(t.model.About().Data, calibrationData), seed: 1}
		if err := c.configure(t.model, s); err != nil {
			return err
		}
		c.dir = t.dir
		runs = append(runs, c)
	}
	if len(runs) == 0 {
		return nil
	}
	if err := trainAll(ctx, runs, bars(w, runs), func(ctx context.Context, c *trial, update func(int)) error {
		return c.start(ctx, c.dir, update, "--overwrite")
	}); err != nil {
		return err
	}
	for i, c := range runs {
		if c.result.Reason != "" {
			return fmt.Errorf("%s cannot be calibrated: %s", c.model, c.result.Reason)
		}
		rate := float64(c.steps) / c.cpuTime.Seconds()
		r.Steps[string(list[i].equal)][c.model], _ = strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 3, 64), 64)
	}
	return nil
}
