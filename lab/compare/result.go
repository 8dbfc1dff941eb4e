package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"genlab/lab/rundir"
)

// Result is a whole comparison, the content of compare.json.
type Result struct {
	Plan    Plan    `json:"plan"`
	Machine Machine `json:"machine"`
	Runs    []Run   `json:"runs"`
	Rows    []Row   `json:"rows"`
	Claims  []Claim `json:"claims"`
}

// Machine describes where a comparison was made.
type Machine struct {
	CPU     string    `json:"cpu"`
	Kernels string    `json:"kernels"`
	Go      string    `json:"go"`
	Cores   int       `json:"cores"`
	Made    time.Time `json:"made"`
}

// Kind says what is known of a model's likelihood.
type Kind string

// Kinds of likelihood.
const (
	Exact Kind = "exact"
	ODE   Kind = "exact, ODE" // by the probability-flow ODE, to the tolerance of its solver
	Bound Kind = "bound"
	None  Kind = "none"
)

// Statuses of a run.
const (
	Done   = "done"
	Failed = "failed"
)

// Run is the result of one model with one seed on one dataset.
type Run struct {
	Model   string            `json:"model"`
	Data    string            `json:"data"`
	Seed    uint64            `json:"seed"`
	Dir     string            `json:"dir"` // relative to the comparison's folder
	Status  string            `json:"status"`
	Reason  string            `json:"reason,omitempty"` // of a failure
	Kind    Kind              `json:"kind"`
	Sampler string            `json:"sampler,omitempty"`
	Metrics map[string]Metric `json:"figures"`         // by Column.Key
	Sweep   []Cost            `json:"sweep,omitempty"` // quality by network evaluations, the default setting included
}

// Metric is a value of one run with its standard error, which is NaN where it is not known.
type Metric struct {
	Value     Number `json:"value"`
	SE        Number `json:"se"`
	N         int    `json:"n"`                    // sample size
	NonFinite int    `json:"non_finite,omitempty"` // number of points whose log-density is not finite
}

// Cost is the energy distance at a number of network evaluations.
type Cost struct {
	NFE          int    `json:"network_evaluations"`
	Microseconds Number `json:"microseconds_per_sample"`
	Distance     Number `json:"energy_distance"`
	SE           Number `json:"se"`
	Own          bool   `json:"own,omitempty"` // the model's default setting
}

// Row summarises a model on a dataset over the seeds.
type Row struct {
	Data    string              `json:"data"`
	Model   string              `json:"model"`
	Kind    Kind                `json:"kind"`
	Sampler string              `json:"sampler,omitempty"`
	Done    int                 `json:"done"` // number of runs that the metrics are from
	Failed  []string            `json:"failed,omitempty"`
	Metrics map[string]Interval `json:"figures"` // by Column.Key
}

// Claim is a statement of theory about the models with the verdict of this comparison.
type Claim struct {
	Theory   string  `json:"theory"`
	Verdict  Verdict `json:"verdict"`
	Evidence string  `json:"evidence"`
}

// Verdict says whether a comparison supports a claim. Its value is that of compare.json.
type Verdict string

// Verdicts.
const (
	Supported       Verdict = "shown"
	PartlySupported Verdict = "shown in part" // on some datasets
	NotSupported    Verdict = "not shown"
	NotTested       Verdict = "not asked" // the comparison lacks the models or the data
)

// String returns the verdict in the words of a report.
func (v Verdict) String() string {
	return map[Verdict]string{
		Supported: "supported", PartlySupported: "partly supported", NotSupported: "not supported", NotTested: "not tested",
	}[v]
}

// Read reads the comparison in a file. It fails where the file cannot be read or is not the JSON of a
// [Result].
func Read(path string) (*Result, error) {
	b, err := rundir.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s is not a comparison: %w", path, err)
	}
	return r, nil
}

// Encode returns the JSON that [Read] reads.
func (r *Result) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(r)
	return b.Bytes(), err
}

// row returns the summary of a model on a dataset, nil where there is none.
func (r *Result) row(data, model string) *Row {
	for i := range r.Rows {
		if r.Rows[i].Data == data && r.Rows[i].Model == model {
			return &r.Rows[i]
		}
	}
	return nil
}

// metric returns a metric of the summary, and whether it is there.
func (r *Result) metric(data, model, key string) (Interval, bool) {
	row := r.row(data, model)
	if row == nil {
		return Interval{}, false
	}
	f, ok := row.Metrics[key]
	return f, ok
}
