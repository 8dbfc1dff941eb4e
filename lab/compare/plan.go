package compare

import (
	"fmt"
	"slices"

	"genlab/internal/suggest"
)

// Plan is the specification of a comparison. Slices that speak of datasets have the order of Data.
type Plan struct {
	Data    []string `json:"data"`
	Models  []string `json:"models"`          // the trained ones; References are in every comparison
	Added   []string `json:"added,omitempty"` // models of other programs
	Seeds   int      `json:"seeds"`
	Equal   string   `json:"equal"`          // "seconds" or "params"
	Budget  float64  `json:"budget_seconds"` // training time on one core; 0 in a smoke run
	Smoke   bool     `json:"smoke,omitempty"`
	Samples int      `json:"samples"` // per model
	Points  int      `json:"points"`  // largest number of fresh points that densities are averaged over
	Modes   []int    `json:"modes"`   // number of modes of each dataset, 0 where it has none
	Ceiling []Number `json:"ceiling"` // probability of each true distribution within 3 sigma of a mode
	Rates   string   `json:"rates"`   // where the rates that turned the budget into steps were measured

	// Coordinates is the dimension of each dataset; nil where all have two. Sample metrics of more
	// than two are computed on a 2-D projection.
	Coordinates []int `json:"coordinates,omitempty"`

	// Files describes the files that data are read from, an empty one for a distribution; nil without files.
	Files []DataFile `json:"files,omitempty"`
}

// DataFile is a file of points with its numbers of rows.
type DataFile struct {
	Digest  string `json:"sha256,omitempty"` // of the points
	Rows    int    `json:"training_rows,omitempty"`
	HeldOut int    `json:"held_out_rows,omitempty"`
}

// Equality is the quantity that a comparison keeps equal between models.
type Equality string

const (
	equalSeconds Equality = "seconds"
	equalParams  Equality = "params"
)

// UnmarshalText sets the equality by its name. It fails for an unknown one.
func (e *Equality) UnmarshalText(text []byte) error {
	if err := suggest.Name("equality", string(text), []string{string(equalSeconds), string(equalParams)}); err != nil {
		return err
	}
	*e = Equality(text)
	return nil
}

// coordinates returns the dimension of the i-th dataset.
func (p Plan) coordinates(i int) int {
	if p.Coordinates == nil {
		return 2
	}
	return p.Coordinates[i]
}

// projected reports whether a dataset has more than two coordinates.
func (p Plan) projected() bool {
	return slices.ContainsFunc(p.Coordinates, func(d int) bool { return d > 2 })
}

// Statistics explains ± and the mark of the best model. Its first sentence is about ±.
func (p Plan) Statistics() string {
	s := "± is the half-width of a 95 % confidence interval "
	switch {
	case p.Seeds == 1:
		s += "for the evaluation of one seed; it does not include the variation between seeds"
	case p.Seeds < 5:
		s += fmt.Sprintf("over only %d seeds (Student's t); use five or more for reliable intervals", p.Seeds)
	default:
		s += fmt.Sprintf("over %d seeds (Student's t)", p.Seeds)
	}
	s += ". The best of the trained models is marked only if its interval overlaps no other."
	if p.Added != nil {
		s += " Samples of other programs are one measurement each, and take part in the marking."
	}
	return s
}

// Fairness says what was kept equal between the models.
func (p Plan) Fairness() string {
	more := ""
	if p.projected() {
		more = " For data of more than two coordinates the time per step is taken to be proportional to the number of parameters."
	}
	switch {
	case p.Smoke:
		return "Smoke run: tiny models trained for a few hundred steps to check that everything works. The values are meaningless."
	case p.Equal == "params":
		return fmt.Sprintf("Equal parameters: all models have the same number of parameters (within 5 %%) and train on the same number of points. The budget of %g s on one core is the mean over the models.", p.Budget) + more
	}
	return fmt.Sprintf("Equal training time: each model, at its default size, trains for the number of steps that fit in %g s on one core at its nominal rate (%s). The measured times are in the table.", p.Budget, p.Rates) + more
}

// intro says what the models learn and how they are scored.
func (p Plan) intro() string {
	if p.Files != nil {
		return "Each model is trained on the same points and scored by the same code. The rows of a file are divided at random, by the seed: models and baselines are fitted to the training rows, scored on the held-out ones, and the oracle is as many training rows. Samples of other data are always fresh."
	}
	if !p.projected() {
		return "Each model is trained on fresh samples from the same 2-D distributions and scored by the same code against their exact densities."
	}
	return "Each model is trained on fresh samples from the same distributions and scored by the same code. Likelihoods are those of the points themselves; sample metrics of data with more than two coordinates are computed on a 2-D projection."
}
