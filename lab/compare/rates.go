package compare

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// calibrationData is the dataset that rates are measured on, except those of models made for another.
const calibrationData = "25gaussians"

// referenceRates is the rates.json that genlab compare --calibrate wrote on the reference machine.
//
//go:embed rates.json
var referenceRates []byte

// ratesFile is the file of the rates of a comparison's folder.
const ratesFile = "rates.json"

// rates holds the training steps per second of each model on one core. They turn a budget of seconds
// into a number of steps that does not depend on a clock.
type rates struct {
	Machine string                        `json:"machine"`
	Date    string                        `json:"date"`
	Note    string                        `json:"note,omitempty"`   // which rates were measured elsewhere and how they were converted
	Steps   map[string]map[string]float64 `json:"steps_per_second"` // by Equality and model
	own     bool                          // measured for the comparison's folder
}

// loadReference loads the rates of the reference machine.
func (r *rates) loadReference() error { return json.Unmarshal(referenceRates, r) }

// read replaces the rates by those of a calibrated folder.
func (r *rates) read(d *rundir.Dir) error {
	b, err := rundir.ReadFile(d.Path(ratesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	own := rates{own: true}
	if err := json.Unmarshal(b, &own); err != nil {
		return &rundir.CorruptError{Path: d.Path(ratesFile), Reason: err.Error() + "; measure the rates again with --calibrate", Err: err}
	}
	*r = own
	return nil
}

// of returns the steps per second of a model. It fails where they were never measured.
func (r *rates) of(equal string, m registry.Model) (float64, error) {
	model := m.About().Name
	if v := r.Steps[equal][model]; v > 0 && !math.IsInf(v, 0) {
		return v, nil
	}
	if v := m.About().Rate; v > 0 && equal == string(equalSeconds) {
		return v, nil
	}
	return 0, usage.Errorf("%s has no nominal rate, which converts --budget into training steps: measure it with genlab compare --calibrate --models %s and the same --out, or use --equal params or --smoke, which need none", model, model)
}

// source says where the rates were measured.
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
