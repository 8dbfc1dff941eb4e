package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"genlab/internal/config"
	"genlab/lab/rundir"
	"genlab/metrics"
)

// ResultFile is the name of a result in the folder of its experiment.
const ResultFile = "results.json"

// Result is what an experiment found.
type Result struct {
	Name         string            `json:"name"`
	Claim        string            `json:"claim"`
	Test         string            `json:"test"`
	Criterion    string            `json:"criterion"`
	Supported    bool              `json:"shown"`  // the measurements meet the criterion
	Answer       string            `json:"answer"` // with the decisive measurements
	Measurements []Measurement     `json:"figures"`
	Pictures     []Picture         `json:"pictures,omitempty"`
	Configs      map[string]string `json:"configs"` // YAML, by the name of the model
	Seeds        []uint64          `json:"seeds"`
	Smoke        bool              `json:"smoke,omitempty"`
	Machine      Machine           `json:"machine"`
	Date         string            `json:"date"`
	Seconds      float64           `json:"seconds"` // of this run, without the trainings that were kept
	labels       []string          // Experiment.Labels
}

// Measurement is a number measured for each seed.
type Measurement struct {
	Name   string   `json:"name"`
	Data   string   `json:"data,omitempty"` // the dataset
	Unit   string   `json:"unit,omitempty"` // "" for a pure number
	Values []Number `json:"values"`         // by seed
	Mean   Number   `json:"mean"`
	// HalfWidth is that of the 95 % confidence interval over the seeds, by Student's t; null for one value.
	HalfWidth Number `json:"half"`
}

// Picture is a file beside the page that shows it.
type Picture struct {
	Name  string `json:"name"`
	Shows string `json:"shows"` // the caption
	PNG   []byte `json:"-"`     // nil in a result that was read
}

// Number is null in JSON where it is not finite.
type Number = metrics.Number

// add appends a seed's value. One that is not finite makes the mean so.
func (m *Measurement) add(v float64) {
	m.Values = append(m.Values, Number(v))
	mean, half := metrics.AcrossSeeds(m.floats())
	m.Mean, m.HalfWidth = Number(mean), Number(half)
}

func (m Measurement) floats() []float64 {
	values := make([]float64, len(m.Values))
	for i, v := range m.Values {
		values[i] = float64(v)
	}
	return values
}

// Min returns the smallest value over the seeds, NaN if one is or there is none.
func (m Measurement) Min() float64 { return m.extreme(slices.Min[[]float64]) }

// Max returns the largest value over the seeds, NaN if one is or there is none.
func (m Measurement) Max() float64 { return m.extreme(slices.Max[[]float64]) }

func (m Measurement) extreme(of func([]float64) float64) float64 {
	if len(m.Values) == 0 {
		return math.NaN()
	}
	return of(m.floats())
}

// Disjoint reports whether the 95 % intervals of two measurements are disjoint. With one seed there is no interval, and it is
// false. That two intervals overlap is no evidence of equality: see [Difference].
func Disjoint(a, b Measurement) bool {
	return math.Abs(float64(a.Mean-b.Mean)) > float64(a.HalfWidth+b.HalfWidth)
}

// Every reports whether a condition holds for the values of every seed. It is false without values, and
// where the measurements have different numbers of them.
func Every(holds func(v []float64) bool, of ...Measurement) bool {
	for i := range of[0].Values {
		var v []float64
		for _, m := range of {
			if len(m.Values) != len(of[0].Values) {
				return false
			}
			v = append(v, float64(m.Values[i]))
		}
		if !holds(v) {
			return false
		}
	}
	return len(of[0].Values) > 0
}

// Increasing reports whether the values of every seed increase from one measurement to the next.
func Increasing(of ...Measurement) bool {
	return Every(func(v []float64) bool {
		for i := range len(v) - 1 {
			if !(v[i] < v[i+1]) {
				return false
			}
		}
		return true
	}, of...)
}

// String returns mean ± half-width and the unit.
func (m Measurement) String() string {
	if s := m.Value(); m.Unit != "" && s != missing {
		return s + " " + m.Unit
	}
	return m.Value()
}

// missing is printed for a value that was not measured, or is not finite.
const missing = "–"

// Value returns mean ± half-width, with two digits of the latter.
func (m Measurement) Value() string {
	mean, half := float64(m.Mean), float64(m.HalfWidth)
	switch {
	case math.IsNaN(mean) || math.IsInf(mean, 0):
		return missing
	case math.IsNaN(half):
		return fmt.Sprintf("%.4g", mean)
	case half == 0 && mean == math.Trunc(mean):
		return fmt.Sprintf("%.0f ± 0", mean)
	case half == 0:
		return fmt.Sprintf("%.4g ± 0", mean)
	}
	if max(math.Abs(mean), half) < 1e-4 {
		return fmt.Sprintf("%.1e ± %.1e", mean, half)
	}
	if half < 1e-9*math.Abs(mean) {
		return fmt.Sprintf("%.10g ± %.1e", mean, half)
	}
	digits := max(0, 1-int(math.Floor(math.Log10(half))))
	return fmt.Sprintf("%.*f ± %.*f", digits, mean, digits, half)
}

// Put appends a value to the measurement of a name and dataset ("" for none), which the first value
// creates: call it once for each seed, in their order.
func (r *Result) Put(name, data, unit string, v float64) {
	i := slices.IndexFunc(r.Measurements, func(m Measurement) bool { return m.Name == name && m.Data == data })
	if i < 0 {
		i = len(r.Measurements)
		r.Measurements = append(r.Measurements, Measurement{Name: name, Data: data, Unit: unit})
	}
	r.Measurements[i].add(v)
}

// Of returns the measurement of a name and dataset. One that was not taken has no values, and NaN as
// its mean.
func (r *Result) Of(name, data string) Measurement {
	for _, m := range r.Measurements {
		if m.Name == name && m.Data == data {
			return m
		}
	}
	return Measurement{Name: name, Data: data, Mean: Number(math.NaN()), HalfWidth: Number(math.NaN())}
}

// Use stores the configuration of a model under a label; cfg is a pointer to its Config.
func (r *Result) Use(name string, cfg any) error {
	b, err := config.Marshal(cfg)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			lines.WriteString(line)
		}
	}
	if r.Configs == nil {
		r.Configs = map[string]string{}
	}
	r.Configs[name] = lines.String()
	return nil
}

// ErrFull says that a smoke run would replace results.
var ErrFull = errors.New("holds the results of a full run")

// MayWrite returns ErrFull, with the folder and the remedy, if a smoke run would replace the results
// of a full one.
func MayWrite(dir string, smoke bool) error {
	if old, err := ReadResult(dir); smoke && err == nil && !old.Smoke {
		return fmt.Errorf("%s %w: give the smoke run another --out", dir, ErrFull)
	}
	return nil
}

// Write writes the result, its page and its new pictures into a folder, which it creates if needed. Each
// file is replaced atomically; a smoke run replaces only another.
func (r *Result) Write(dir string) error {
	if err := MayWrite(dir, r.Smoke); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := r.Encode(&b); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, p := range r.Pictures {
		if p.PNG == nil {
			continue // it was drawn by an earlier run
		}
		if err := rundir.ReplaceFile(filepath.Join(dir, p.Name), p.PNG); err != nil {
			return err
		}
	}
	return errors.Join(
		rundir.ReplaceFile(filepath.Join(dir, ResultFile), b.Bytes()),
		rundir.ReplaceFile(filepath.Join(dir, "README.md"), []byte(r.Page())))
}

// Encode writes the result as JSON.
func (r *Result) Encode(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// ReadResult reads the result in a folder. Without one the error is an fs.ErrNotExist.
func ReadResult(dir string) (*Result, error) {
	b, err := rundir.ReadFile(filepath.Join(dir, ResultFile))
	if err != nil {
		return nil, err
	}
	return decodeResult(ResultFile, b)
}

// ReadResultFS reads the result of this file name.
func ReadResultFS(files fs.FS, name string) (*Result, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return decodeResult(name, b)
}

func decodeResult(name string, b []byte) (*Result, error) {
	var r Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, &rundir.CorruptError{Path: name, Reason: err.Error(), Err: err}
	}
	return &r, nil
}
