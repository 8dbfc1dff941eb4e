package compare

import (
	"cmp"
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
	"slices"
	"strconv"
	"strings"
	"time"

	rundir "genlab/internal/run"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// standardRates were measured by genlab compare --calibrate --out DIR, which writes DIR/rates.json.
//
//go:embed rates.json
var standardRates []byte

// ratesFile holds the rates of a comparison's folder.
const ratesFile = "rates.json"

// rates are steps a second of each model on one core: what turns a budget of seconds into a
// number of steps that no clock decides.
type rates struct {
	Machine string                        `json:"machine"`
	Date    string                        `json:"date"`
	Note    string                        `json:"note,omitempty"`   // what was measured elsewhere, and how it is stated here
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

// of returns the steps a second of a model. It is an error if they were never measured: a guess
// would be a budget of nobody knows how many seconds.
func (r *rates) of(equal string, m registry.Model) (float64, error) {
	model := m.About().Name
	if v := r.Steps[equal][model]; v > 0 && !math.IsInf(v, 0) {
		return v, nil
	}
	if v := m.About().Rate; v > 0 && equal == string(equalSeconds) {
		return v, nil
	}
	return 0, usage.Errorf("%s has no nominal rate, by which --budget is a number of steps: genlab compare --calibrate --models %s measures it into the folder of --out; --smoke needs none, nor does --equal params", model, model)
}

func (r *rates) source() string {
	if r.own {
		return fmt.Sprintf("calibrated on this machine, %s, %s", r.Machine, r.Date)
	}
	s := fmt.Sprintf("measured on the reference machine, %s, %s", r.Machine, r.Date)
	if r.Note != "" {
		s += "; " + r.Note
	}
	return s
}

// Calibrate measures the rates, as many trainings at a time as a comparison runs, and writes
// them: all of the paradigms, over which equal sizes are computed, and the steps a second at the
// default size of the plan's models besides. The time is the processor's, so that what else the
// machine does hardly matters; the start of a run, some hundredths of it, is in it.
func (k *Comparison) Calibrate(ctx context.Context, w io.Writer) error {
	next := rates{Machine: cpuName(), Date: time.Now().UTC().Format(time.DateOnly), Steps: map[string]map[string]float64{}}
	temp, err := os.MkdirTemp("", "genlab-calibrate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	target, err := sizeOf(named(k.models, yardstick), calibrationData)
	if err != nil {
		return err
	}
	var trials, runs []timed
	for _, equal := range []Equality{equalSeconds, equalParams} {
		next.Steps[string(equal)] = map[string]float64{}
		for _, m := range k.models {
			name := m.About().Name
			_, err := k.rates.of(string(equal), m)
			run := timed{equal: equal, model: m, dir: filepath.Join(temp, string(equal)+"-"+name)}
			switch ours := m.About().Role == registry.Paradigm; {
			case !ours && (equal == equalParams || !slices.Contains(k.plan.Models, name)):
				continue
			case equal == equalParams:
				if run.hidden, err = widthFor(m, target, calibrationData); err != nil {
					return err
				}
			case err != nil: // never measured: a short one says how long the measurement should be
				trials = append(trials, run)
			}
			runs = append(runs, run)
		}
	}
	if err := k.rates.time(ctx, w, k.rates, trials); err != nil {
		return err
	}
	if err := next.time(ctx, w, k.rates, runs); err != nil {
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

// timed is a training whose rate is measured.
type timed struct {
	equal  Equality
	model  registry.Model
	dir    string
	hidden int
}

// time measures the rates of trainings, each of which takes some seconds at the old rates, or
// trialSteps where there is no old one.
func (r *rates) time(ctx context.Context, w io.Writer, old rates, list []timed) error {
	const (
		seconds    = 4
		trialSteps = 200
	)
	var runs []*entry
	for _, t := range list {
		s := sizing{steps: trialSteps, hidden: t.hidden}
		if rate, err := old.of(string(t.equal), t.model); err == nil {
			s.steps = max(1, int(seconds*rate))
		}
		c := &entry{model: t.model.About().Name, data: cmp.Or(t.model.About().Data, calibrationData), seed: 1}
		if err := c.plan(t.model, s); err != nil {
			return err
		}
		c.dir = t.dir
		runs = append(runs, c)
	}
	if len(runs) == 0 {
		return nil
	}
	if err := each(ctx, runs, bars(w, runs), func(ctx context.Context, c *entry, update func(int)) error {
		return c.fresh(ctx, c.dir, update, "--overwrite")
	}); err != nil {
		return err
	}
	for i, c := range runs {
		if c.result.Reason != "" {
			return fmt.Errorf("%s cannot be calibrated: %s", c.model, c.result.Reason)
		}
		rate := float64(c.steps) / c.processor.Seconds()
		r.Steps[string(list[i].equal)][c.model], _ = strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 3, 64), 64)
	}
	return nil
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
