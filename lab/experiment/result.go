package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"genlab/internal/config"
	"genlab/internal/run"
	"genlab/metrics"
)

// ResultFile is the file that an answer is kept in, in the folder of its experiment.
const ResultFile = "results.json"

// Result is what an experiment found.
type Result struct {
	Name      string            `json:"name"`
	Claim     string            `json:"claim"`
	Test      string            `json:"test"`
	Criterion string            `json:"criterion"`
	Shown     bool              `json:"shown"`  // the criterion held
	Answer    string            `json:"answer"` // with the figures that decided
	Figures   []Figure          `json:"figures"`
	Pictures  []Picture         `json:"pictures,omitempty"`
	Configs   map[string]string `json:"configs"` // YAML, by the name of the model
	Seeds     []uint64          `json:"seeds"`
	Smoke     bool              `json:"smoke,omitempty"`
	Machine   Machine           `json:"machine"`
	Date      string            `json:"date"`
	Seconds   float64           `json:"seconds"` // of this run: trainings that were kept cost it nothing
}

// Figure is a measured number over the seeds.
type Figure struct {
	Name   string   `json:"name"`
	Data   string   `json:"data,omitempty"` // the data set
	Unit   string   `json:"unit,omitempty"` // "" for a pure number
	Values []Number `json:"values"`         // by seed, or one
	Mean   Number   `json:"mean"`
	Half   Number   `json:"half"` // of the 95 % interval over the seeds, by Student's t; null for one value
}

// Picture is a file beside the page, and shown in it.
type Picture struct {
	Name  string `json:"name"`
	Shows string `json:"shows"` // for who cannot see it
	PNG   []byte `json:"-"`     // nil in a result that was read
}

// Number is null in JSON where it is not finite.
type Number = metrics.Number

// add appends a seed's value. One that is not finite, of a run that failed, stays in the mean.
func (f *Figure) add(v float64) {
	f.Values = append(f.Values, Number(v))
	values := make([]float64, len(f.Values))
	for i, v := range f.Values {
		values[i] = float64(v)
	}
	mean, half := metrics.AcrossSeeds(values)
	f.Mean, f.Half = Number(mean), Number(half)
}

// Least and Greatest are the extremes over the seeds; NaN where a value is.
func (f Figure) Least() float64 { return f.extreme(math.Min) }

// Greatest is the other end.
func (f Figure) Greatest() float64 { return f.extreme(math.Max) }

func (f Figure) extreme(of func(a, b float64) float64) float64 {
	if len(f.Values) == 0 {
		return math.NaN()
	}
	v := float64(f.Values[0])
	for _, w := range f.Values[1:] {
		v = of(v, float64(w))
	}
	return v
}

// Overlap says whether the 95 % intervals of two figures have a number in common. One seed has no
// interval: of it neither Overlap nor Apart is true.
func Overlap(a, b Figure) bool {
	return math.Abs(float64(a.Mean-b.Mean)) <= float64(a.Half+b.Half)
}

// Apart says whether they have none in common.
func Apart(a, b Figure) bool {
	return math.Abs(float64(a.Mean-b.Mean)) > float64(a.Half+b.Half)
}

// String prints mean and interval with two digits of the interval.
func (f Figure) String() string {
	mean, half := float64(f.Mean), float64(f.Half)
	unit := ""
	if f.Unit != "" {
		unit = " " + f.Unit
	}
	switch {
	case math.IsNaN(mean) || math.IsInf(mean, 0):
		return "-"
	case math.IsNaN(half):
		return fmt.Sprintf("%.4g%s", mean, unit)
	case half == 0:
		return fmt.Sprintf("%.4g ± 0%s", mean, unit)
	}
	if max(math.Abs(mean), half) < 1e-4 {
		return fmt.Sprintf("%.1e ± %.1e%s", mean, half, unit)
	}
	digits := max(0, 1-int(math.Floor(math.Log10(half))))
	return fmt.Sprintf("%.*f ± %.*f%s", digits, mean, digits, half, unit)
}

// Put appends a value to the figure of a name and data set ("" for none), which the first value
// makes: call it once for each seed, in their order. unit is "" for a pure number.
func (r *Result) Put(name, data, unit string, v float64) {
	i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name && f.Data == data })
	if i < 0 {
		i = len(r.Figures)
		r.Figures = append(r.Figures, Figure{Name: name, Data: data, Unit: unit})
	}
	r.Figures[i].add(v)
}

// Of returns the figure of a name and data set. One that is not there has no value, and NaN for
// its mean.
func (r *Result) Of(name, data string) Figure {
	for _, f := range r.Figures {
		if f.Name == name && f.Data == data {
			return f
		}
	}
	return Figure{Name: name, Data: data, Mean: Number(math.NaN()), Half: Number(math.NaN())}
}

// Use notes the configuration of a model, a pointer to its Config.
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

// ErrFull is the refusal to put a smoke run in the place of results.
var ErrFull = errors.New("holds the results of a full run")

// MayWrite returns ErrFull, with the folder and the remedy, where a smoke run would replace the
// results of a full one.
func MayWrite(dir string, smoke bool) error {
	if old, err := ReadResult(dir); smoke && err == nil && !old.Smoke {
		return fmt.Errorf("%s %w: give the smoke run another --out", dir, ErrFull)
	}
	return nil
}

// Write writes the result and its page into a folder, which it makes. What stood there is
// replaced whole or not at all; a smoke run replaces nothing but another.
func (r *Result) Write(dir string) error {
	if err := MayWrite(dir, r.Smoke); err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, p := range r.Pictures {
		if err := run.ReplaceFile(filepath.Join(dir, p.Name), p.PNG); err != nil {
			return err
		}
	}
	return errors.Join(
		run.ReplaceFile(filepath.Join(dir, ResultFile), b.Bytes()),
		run.ReplaceFile(filepath.Join(dir, "README.md"), []byte(r.Page())))
}

// ReadResult reads the result in a folder. Without one the error is an fs.ErrNotExist.
func ReadResult(dir string) (*Result, error) { return ReadResultFS(os.DirFS(dir), ResultFile) }

// ReadResultFS is ReadResult of a file among others.
func ReadResultFS(files fs.FS, name string) (*Result, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var r Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, &run.CorruptError{Path: name, Reason: err.Error(), Err: err}
	}
	return &r, nil
}
