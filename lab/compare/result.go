package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Result is a whole comparison.
type Result struct {
	Plan    Plan    `json:"plan"`
	Machine Machine `json:"machine"`
	Runs    []Run   `json:"runs"`
	Rows    []Row   `json:"rows"`
	Claims  []Claim `json:"claims"`
}

// Plan is what was asked for.
type Plan struct {
	Data    []string `json:"data"`
	Models  []string `json:"models"` // the trained ones; the oracle and the baselines are in every comparison
	Seeds   int      `json:"seeds"`
	Equal   string   `json:"equal"`          // "seconds" or "params"
	Budget  float64  `json:"budget_seconds"` // of training on one core; of a smoke run 0
	Smoke   bool     `json:"smoke,omitempty"`
	Samples int      `json:"samples"` // drawn from each model
	Points  int      `json:"points"`  // fresh ones that densities are averaged over, at most
	Modes   []int    `json:"modes"`   // of each data set, 0 where it has none
	Ceiling []Number `json:"ceiling"` // share of the truth within 3 sigma of a mode, of each data set
	Rates   string   `json:"rates"`   // where the rates were measured that turned the budget into steps

	// Coordinates are those of a point of each data set; nil where all have the plane's two. More
	// than two are judged by what is seen of them on the plane.
	Coordinates []int `json:"coordinates,omitempty"`
}

// Machine is where a comparison was made.
type Machine struct {
	CPU     string    `json:"cpu"`
	Kernels string    `json:"kernels"`
	Go      string    `json:"go"`
	Cores   int       `json:"cores"`
	Made    time.Time `json:"made"`
}

// Kind says what a model's likelihood is.
type Kind string

// The kinds of likelihood there are.
const (
	Exact Kind = "exact"
	ODE   Kind = "exact, ODE" // by the probability flow, to the tolerance of its solver
	Bound Kind = "bound"
	None  Kind = "none"
)

// Statuses of a run.
const (
	Done   = "done"
	Failed = "failed"
)

// Run is one model with one seed on one data set.
type Run struct {
	Model   string            `json:"model"`
	Data    string            `json:"data"`
	Seed    uint64            `json:"seed"`
	Dir     string            `json:"dir"` // beneath the comparison's folder
	Status  string            `json:"status"`
	Reason  string            `json:"reason,omitempty"` // of a failure
	Kind    Kind              `json:"kind"`
	Sampler string            `json:"sampler,omitempty"`
	Figures map[string]Figure `json:"figures"`
	Sweep   []Cost            `json:"sweep,omitempty"` // quality by network evaluations, the model's own setting among them
}

// Figure is a metric of one run with its standard error, which is NaN where it is not known.
type Figure struct {
	Value     Number `json:"value"`
	SE        Number `json:"se"`
	N         int    `json:"n"`                    // what it was computed from
	NonFinite int    `json:"non_finite,omitempty"` // of which not finite: points without density
}

// Cost is the energy distance at a number of network evaluations.
type Cost struct {
	NFE          int    `json:"network_evaluations"`
	Microseconds Number `json:"microseconds_per_sample"`
	Distance     Number `json:"energy_distance"`
	SE           Number `json:"se"`
	Own          bool   `json:"own,omitempty"` // the model's own setting
}

// Read returns the comparison in a file.
func Read(path string) (*Result, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s is no comparison: %w", path, err)
	}
	return r, nil
}

// Encode returns the file that Read reads.
func (r *Result) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(r)
	return b.Bytes(), err
}

// row returns the summary of a model on a data set, nil where there is none.
func (r *Result) row(data, model string) *Row {
	for i := range r.Rows {
		if r.Rows[i].Data == data && r.Rows[i].Model == model {
			return &r.Rows[i]
		}
	}
	return nil
}
