package experiment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/trainer"
	"genlab/metrics"
)

// Config returns the default configuration of a model; in a smoke run a tiny one.
func Config[C registry.Config](s Setup, of *registry.Spec[C]) C {
	return *of.TypedJob("", s.Smoke).Config()
}

// Train returns the model of a configuration, a data set by name and a seed, and the seconds that its
// training took; M is the library's model. A training that the store has is not done again, one that
// was interrupted goes on to the same bits; what another build of the program has trained is trained
// anew, unless the setup says otherwise. When ctx is cancelled the training is saved and ctx's error
// returned; a training that diverges is a *train.DivergedError.
func Train[M any, C registry.Config](ctx context.Context, s Setup, of *registry.Spec[C], cfg C, data string, seed uint64) (m M, seconds float64, err error) {
	job := of.With(cfg, data, seed)
	text, err := config.Marshal(job.Settings())
	if err != nil {
		return m, 0, err
	}
	task, err := job.Task()
	if err != nil {
		return m, 0, err
	}
	o := trainer.Options{SaveEvery: 5 * time.Second}
	if !s.AnyBuild {
		o.Build = build()
	}
	path := filepath.Join(s.Store, fmt.Sprintf("%s-%s-s%d-%.4x", of.Name, data, seed, sha256.Sum256(text)))
	t, err := trainer.Keep(path, job, task, o)
	if err != nil {
		return m, 0, err
	}
	defer t.Close()
	if loop := t.Loop(); loop.Done < loop.Steps {
		s.Log("training %s on %s, seed %d, from step %d of %d", of.Name, data, seed, loop.Done, loop.Steps)
	}
	for _, err := range t.Steps(ctx) {
		if ctx.Err() != nil {
			return m, 0, errors.Join(ctx.Err(), err)
		}
		if err != nil {
			return m, 0, err
		}
	}
	trained, err := t.Model()
	if err != nil {
		return m, 0, err
	}
	return trained.(interface{ Unwrap() M }).Unwrap(), t.Seconds(), nil
}

// build is the SHA-256 of this program: the library that trained a model decides about it as much
// as its configuration does. It is empty where the program cannot be read.
var build = sync.OnceValue(func() []byte {
	name, err := os.Executable()
	if err != nil {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil
	}
	return h.Sum(nil)
})

// Score is evaluate.Samples by the names of its rows.
func Score(x *mat.Dense, ds *datasets.Dataset, seed uint64) map[string]metrics.Row {
	rows := map[string]metrics.Row{}
	for _, r := range evaluate.Samples(x, ds, seed) {
		rows[r.Name] = r
	}
	return rows
}

// Quality are the metrics of samples that experiments report, in the order of a table.
var Quality = []string{"energy_distance", "high_quality", "mode_tv"}
