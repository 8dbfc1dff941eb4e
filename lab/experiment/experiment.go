package experiment

import (
	"context"
	"time"
)

// Experiment is a claim and its test.
type Experiment struct {
	Name      string // of the folder and the command
	Claim     string // a sentence that could be false
	Test      string // how it is tested
	Criterion string // what must be measured for the claim to count as shown
	Seeds     int    // how many it takes by default
	// Brief is the figures of a result that decide, in a few words for a table; nil: the answer.
	Brief func(r *Result) string
	// Run measures, and sets Figures, Shown and Answer. It fails only where it could not measure.
	Run func(ctx context.Context, s Setup) (*Result, error)
}

// Setup is how an experiment is run.
type Setup struct {
	Seeds []uint64
	Smoke bool   // a tiny scale that takes a second or two: the figures mean nothing, and show nothing
	Store string // folder in which trainings are kept
	// AnyBuild takes up trainings that another build of the program has left in the store.
	AnyBuild bool
	Log      func(format string, args ...any) // progress, a line at a time
}

// Scale is full, or tiny in a smoke run.
func (s Setup) Scale(full, tiny int) int {
	if s.Smoke {
		return tiny
	}
	return full
}

// Do runs the experiment and says in the result what it was, where and when.
func (e Experiment) Do(ctx context.Context, s Setup) (*Result, error) {
	begun := time.Now()
	r, err := e.Run(ctx, s)
	if err != nil {
		return nil, err
	}
	r.Name, r.Claim, r.Test, r.Criterion = e.Name, e.Claim, e.Test, e.Criterion
	r.Seeds, r.Smoke, r.Shown = s.Seeds, s.Smoke, r.Shown && !s.Smoke
	r.Machine, r.Date = thisMachine(), begun.UTC().Format(time.DateOnly)
	r.Seconds = time.Since(begun).Seconds()
	return r, nil
}
