package experiments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/internal/kernel"
	"genlab/internal/run"
	"genlab/train"
)

// settings is the config.yaml of a kept training: that of genlab train, so that its folder is a run
// like any other.
type settings[C any] struct {
	Model  string `yaml:"model"`
	Data   string `yaml:"data"`
	Seed   uint64 `yaml:"seed"`
	Config C      `yaml:",inline"`
}

// saveEvery is the time between two checkpoints; it changes no result.
const saveEvery = 5 * time.Second

// scaleSamples is the size of the sample that points are standardised by.
const scaleSamples = 50000

// Train returns the model of a configuration, a data set and a seed, and the seconds that its
// training took. A training that the store has is not done again, one that was interrupted goes
// on to the same bits; what another build of the program has trained is trained anew, unless
// the setup says otherwise. When ctx is cancelled the training is saved and ctx's error
// returned; a training that diverges is a *train.DivergedError.
func (p *Paradigm[C, T, M]) Train(ctx context.Context, s Setup, cfg C, ds *datasets.Dataset, seed uint64) (m M, seconds float64, err error) {
	set := settings[C]{p.Name, ds.Name, seed, cfg}
	text, err := config.Marshal(&set)
	if err != nil {
		return m, 0, err
	}
	path := filepath.Join(s.Store, fmt.Sprintf("%s-%s-s%d-%.4x", p.Name, ds.Name, seed, sha256.Sum256(text)))
	dir, err := run.Resume(path)
	if errors.Is(err, run.ErrNotRun) {
		dir, err = run.Create(path, false)
	}
	if err != nil {
		return m, 0, err
	}
	defer dir.Close()
	k := keeper{dir: dir, model: p.Name, config: text, streams: train.NewStreams(seed)}
	saved, err := k.load(s.AnyBuild)
	if err != nil {
		return m, 0, err
	}
	options := p.Loop(cfg)
	var t T
	if saved == nil {
		if err := dir.WriteConfig(&set); err != nil {
			return m, 0, err
		}
		k.env = run.NewEnv(kernel.CPULevel().String(), time.Now())
		var x *mat.Dense
		if !p.Unscaled {
			x = ds.Law.Sample(scaleSamples, train.NewStream(seed, "scale").Rand)
		}
		t, err = p.Begin(cfg, x, train.NewStream(seed, "init").Rand)
	} else if options.Done = saved.Step; options.Done < options.Steps {
		t, err = p.Resume(cfg, saved.Tensors, saved.Step)
	} else {
		m, err = p.Load(cfg, saved.Tensors)
		return m, k.env.TrainSeconds, err
	}
	if err != nil {
		return m, 0, err
	}
	s.Log("training %s on %s, seed %d, from step %d of %d", p.Name, ds.Name, seed, options.Done, options.Steps)
	step, since := options.Done, time.Now()
	for at, err := range train.Run(ctx, t, ds.Law, options, k.streams) {
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(err, k.save(step, t, time.Since(since)))
			}
			return m, 0, err
		}
		if step = at.Step; step == options.Steps || step%100 == 0 && time.Since(since) >= saveEvery {
			if err := k.save(step, t, time.Since(since)); err != nil {
				return m, 0, err
			}
			since = time.Now()
		}
	}
	m, err = p.Load(cfg, t.State())
	return m, k.env.TrainSeconds, err
}

// keeper saves a training and finds it again.
type keeper struct {
	dir     *run.Dir
	model   string
	config  []byte
	streams *train.Streams
	env     run.Env
}

// load returns the checkpoint, with the streams and the environment as they were, or nil where
// training begins anew.
func (k *keeper) load(anyBuild bool) (*run.Checkpoint, error) {
	c, err := k.dir.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; remove the folder to train anew", err)
	}
	if !anyBuild && !bytes.Equal(c.State["build"], build()) {
		return nil, nil
	}
	if k.env, err = k.dir.ReadEnv(); err != nil {
		return nil, err
	}
	if err := k.streams.Restore(c.State); err != nil {
		return nil, &run.CorruptError{Path: k.dir.Path(run.CheckpointFile), Reason: err.Error(), Err: err}
	}
	return c, nil
}

func (k *keeper) save(step int, t trainer, spent time.Duration) error {
	k.env.TrainSeconds += spent.Seconds()
	if err := k.dir.WriteEnv(k.env); err != nil {
		return err
	}
	state := k.streams.State()
	state["build"] = build()
	return k.dir.Save(&run.Checkpoint{
		Model: k.model, Step: step, Config: k.config, Tensors: t.State(), State: state,
	})
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
