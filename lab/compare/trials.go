package compare

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	rundir "genlab/internal/run"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// listTrials configures the trials and checks the folders of earlier ones, before anything is trained.
func (k *Comparison) listTrials(overwrite bool) error {
	k.plan.Rates = k.rates.source()
	for i, name := range k.plan.Data {
		sizes, err := k.sizes(name)
		if err != nil {
			return err
		}
		for seed := range uint64(k.plan.Seeds) {
			for _, model := range slices.Concat(References, k.plan.Models) {
				r := &trial{model: model, data: name, set: k.sets[i], seed: seed + 1}
				if slices.Contains(References, model) {
					err = r.configureReference()
				} else {
					err = r.configure(mustNamed(k.models, model), sizes[model])
				}
				if err != nil {
					return err
				}
				r.result = Run{Model: model, Data: name, Seed: r.seed, Dir: r.dir}
				k.trials = append(k.trials, r)
			}
			if seed > 0 {
				continue
			}
			for j, a := range k.added {
				if a.data != name {
					continue
				}
				r := &trial{model: a.name, data: name, set: k.sets[i], seed: 1, added: &k.added[j]}
				if err := r.configureAdded(); err != nil {
					return err
				}
				r.result = Run{Model: a.name, Data: name, Seed: 1, Dir: r.dir}
				k.trials = append(k.trials, r)
			}
		}
	}
	for _, r := range k.trials {
		if err := r.checkFolder(k.root, overwrite); err != nil {
			return err
		}
	}
	return nil
}

// configure makes the configuration of a trained model.
func (r *trial) configure(m registry.Model, s trainingSize) error {
	var err error
	r.trained = true
	if r.config, r.steps, err = configFor(m, r.data, r.seed, s); err != nil {
		return err
	}
	suffix := fmt.Sprintf("-%dsteps", r.steps)
	switch {
	case s.smoke:
		suffix = "-smoke"
	case s.hidden > 0:
		suffix = fmt.Sprintf("-h%d%s", s.hidden, suffix)
	}
	r.dir = r.folder(suffix)
	return nil
}

// checkFolder fails where the trial's folder holds a run of other settings; with overwrite it empties the
// folder.
func (r *trial) checkFolder(root *rundir.Dir, overwrite bool) error {
	d, err := rundir.Open(root.Path(r.dir))
	if err != nil {
		return nil // there is none, or training will report what is wrong
	}
	saved, err := d.ReadConfig()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if settingsOnly(saved) == settingsOnly(r.config) {
		return nil
	}
	if !overwrite {
		return usage.Errorf("%s was made with other settings: replace such runs with --overwrite, or choose another --out", d.Path(""))
	}
	d, err = rundir.Create(root.Path(r.dir), true)
	if err != nil {
		return err
	}
	return errors.Join(d.WriteFile(rundir.ConfigFile, r.config), d.Close())
}

// settingsOnly returns a configuration without its comments, which may change between versions.
func settingsOnly(yaml []byte) string {
	var kept []byte
	for line := range bytes.Lines(yaml) {
		if !bytes.HasPrefix(line, []byte("#")) {
			kept = append(kept, line...)
		}
	}
	return string(kept)
}
