package experiment

import (
	"context"
	"time"

	"genlab/datasets"
)

// Experiment is a claim and its test.
type Experiment struct {
	Name      string // of the folder and on the command line
	Claim     string // a sentence that could be false
	Test      string // how it is tested
	Criterion string // the measurements that support the claim
	Seeds     int    // default number of seeds
	// Data are the datasets or texts that each seed is run on, by name; none: one Trial per seed.
	Data []string
	// SmokeAll makes a smoke run take all of them, and not only the first.
	SmokeAll bool
	// Variants makes the datasets of Data that are not registered. Such a one is named after the
	// registered dataset that it varies: "moons, noise 0.3".
	Variants map[string]func() *datasets.Dataset
	// Run takes the measurements of a Trial. It fails only where it cannot measure.
	Run func(t *Trial) error
	// Answer says whether the measurements meet the criterion, and states them in sentences. It
	// depends on nothing else; a value that is missing does not meet a criterion.
	Answer func(r *Result) (supported bool, text string)
	// Brief states the decisive measurements in a few words for a table; nil: the answer.
	Brief func(r *Result) string
	// Captions describe the pictures, by file name.
	Captions map[string]string
	// Labels are pairs: a part of a measurement's stored name, and how pages show it.
	Labels []string
}

// Setup is how an experiment is run.
type Setup struct {
	Seeds []uint64
	Smoke bool   // a tiny scale that takes seconds; its measurements mean nothing
	Store string // folder in which trainings are kept
	// AnyBuild also uses trainings that another build of the program has kept in the store.
	AnyBuild bool
	Log      func(format string, args ...any) // progress, a line at a time
}

// Scale returns full, or tiny in a smoke run.
func (s Setup) Scale(full, tiny int) int {
	if s.Smoke {
		return tiny
	}
	return full
}

// Do runs the experiment, seed by seed, and concludes from the measurements.
func (e Experiment) Do(ctx context.Context, s Setup) (*Result, error) {
	begun := time.Now()
	data := e.Data
	if len(data) == 0 {
		data = []string{""}
	}
	if s.Smoke && !e.SmokeAll {
		data = data[:1]
	}
	r := &Result{Name: e.Name, Seeds: s.Seeds, Smoke: s.Smoke, Machine: thisMachine(), Date: begun.UTC().Format(time.DateOnly), labels: e.Labels}
	for i, seed := range s.Seeds {
		for _, name := range data {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			t := &Trial{Setup: s, Seed: seed, First: i == 0, Column: name, Result: r, ctx: ctx, data: name}
			var err error
			if variant := e.Variants[name]; variant != nil {
				t.Dataset = variant()
			} else if name != "" && !datasets.IsText(name) {
				t.Dataset, err = datasets.ByName(name)
			}
			if err == nil {
				err = e.Run(t)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	r.Seconds = time.Since(begun).Seconds()
	e.Conclude(r)
	return r, nil
}

// Conclude sets the verdict of a result and all its text from the measurements. A smoke run supports
// nothing.
func (e Experiment) Conclude(r *Result) {
	r.Claim, r.Test, r.Criterion, r.labels = e.Claim, e.Test, e.Criterion, e.Labels
	r.Supported, r.Answer = e.Answer(r)
	r.Supported = r.Supported && !r.Smoke
	for i, p := range r.Pictures {
		r.Pictures[i].Shows = e.Captions[p.Name]
	}
}
