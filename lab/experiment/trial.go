package experiment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/config"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/trainer"
	"genlab/metrics"
	"genlab/train"
)

// Trial is a seed of an experiment on one dataset.
type Trial struct {
	Setup
	Dataset *datasets.Dataset // nil for a text, and where the experiment has no data
	Seed    uint64
	First   bool   // whether this is the first seed
	Column  string // dataset under which measurements are stored; initially the trial's
	Result  *Result
	ctx     context.Context
	data    string
}

// Put stores a value of the trial's seed and logs it. unit is "" for a pure number.
func (t *Trial) Put(name, unit string, v float64) {
	t.Result.Put(name, t.Column, unit, v)
	who := fmt.Sprintf("seed %d", t.Seed)
	if t.Column != "" {
		who = t.Column + ", " + who
	}
	t.Log("%s: %s %.5g %s", who, t.Result.label(name), v, unit)
}

// PutRows stores the metrics of these names under "metric, model".
func (t *Trial) PutRows(model string, rows map[string]metrics.Row, names []string) {
	for _, name := range names {
		t.Put(name+", "+model, "", rows[name].Value)
	}
}

// Last returns the value of the trial's seed, once it was put.
func (t *Trial) Last(name string) float64 {
	values := t.Result.Of(name, t.Column).Values
	return float64(values[len(values)-1])
}

// Picture adds a picture in PNG, or replaces the one of this name.
func (t *Trial) Picture(name string, png []byte) {
	i := slices.IndexFunc(t.Result.Pictures, func(p Picture) bool { return p.Name == name })
	if i < 0 {
		i = len(t.Result.Pictures)
		t.Result.Pictures = append(t.Result.Pictures, Picture{Name: name})
	}
	t.Result.Pictures[i].PNG = png
}

// Rand returns the seed's stream of random numbers for a purpose.
func (t *Trial) Rand(purpose string) *rand.Rand { return train.NewStream(t.Seed, purpose).Rand }

// Sample returns 10,000 samples, 300 in a smoke run.
func (t *Trial) Sample(q genlab.Sampler) *mat.Dense {
	return q.Sample(t.Scale(10000, 300), t.Rand("sample"))
}

// Score returns evaluate.Samples by the names of its rows.
func (t *Trial) Score(x *mat.Dense) map[string]metrics.Row {
	rows := map[string]metrics.Row{}
	for _, r := range evaluate.Samples(x, t.Dataset, t.Seed) {
		rows[r.Name] = r
	}
	return rows
}

// LabelsInTurn returns n labels (n x 1) in which all classes are equally frequent.
func LabelsInTurn(n, classes int) *mat.Dense {
	labels := mat.NewDense(n, 1, nil)
	for i := range n {
		labels.Set(i, 0, float64(i%classes))
	}
	return labels
}

// Quality are the sample metrics that experiments report, in the order of a table.
var Quality = []string{"energy_distance", "high_quality", "mode_tv"}

// Config returns the default configuration of a model for some data ("" for its own), in a smoke run
// a tiny one.
func Config[C registry.Config](s Setup, of *registry.Spec[C], data string) C {
	return *of.TypedJob(data, s.Smoke).Config()
}

// Train returns the model of a configuration, trained on the trial's data, and the seconds that the
// training took; M is the library's type. The configuration is stored in the result under a label. A
// training that the store has is not repeated, an interrupted one is resumed to the same bits; one by
// another build of the program is repeated unless the setup allows it. When the run is cancelled the
// training is saved and the context's error returned; a training that diverges is a
// *train.DivergedError.
func Train[M any, C registry.Config](t *Trial, label string, of *registry.Spec[C], cfg C) (m M, seconds float64, err error) {
	if err := t.Result.Use(label, &cfg); err != nil {
		return m, 0, err
	}
	job := of.With(cfg, t.data, t.Seed)
	text, err := config.Marshal(job.Settings())
	if err != nil {
		return m, 0, err
	}
	registered, _, _ := strings.Cut(t.data, ", ") // see Variants
	task, err := of.With(cfg, registered, t.Seed).Task()
	if err != nil {
		return m, 0, err
	}
	if p, ok := task.(registry.Points); ok {
		p.Dataset = t.Dataset
		task = p
	}
	o := trainer.Options{SaveEvery: 5 * time.Second}
	if !t.AnyBuild {
		o.Build = build()
	}
	path := filepath.Join(t.Store, fmt.Sprintf("%s-%s-s%d-%.4x", of.Name, t.data, t.Seed, sha256.Sum256(text)))
	kept, err := trainer.Keep(path, job, task, o)
	if err != nil {
		return m, 0, err
	}
	defer kept.Close()
	if loop := kept.Loop(); loop.Done < loop.Steps {
		t.Log("training %s on %s, seed %d, from step %d of %d", of.Name, t.data, t.Seed, loop.Done, loop.Steps)
	}
	for _, err := range kept.Steps(t.ctx) {
		if t.ctx.Err() != nil {
			return m, 0, errors.Join(t.ctx.Err(), err)
		}
		if err != nil {
			return m, 0, err
		}
	}
	trained, err := kept.Model()
	if err != nil {
		return m, 0, err
	}
	return trained.(interface{ Unwrap() M }).Unwrap(), kept.Seconds(), nil
}

// build returns the SHA-256 of this program, which determines a trained model as much as its
// configuration does. It is empty where the program cannot be read.
var build = sync.OnceValue(func() []byte {
	name, err := os.Executable()
	if err != nil {
		return nil
	}
	program, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(program)
	return sum[:]
})
