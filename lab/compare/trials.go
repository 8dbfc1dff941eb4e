package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
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
			set, err := k.sets[i].Split(registry.DefaultHoldout, seed+1)
			if err != nil {
				return err
			}
			for _, model := range slices.Concat(References, k.plan.Models) {
				r := &trial{model: model, data: name, set: set, seed: seed + 1}
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
				r := &trial{model: a.name, data: name, set: set, seed: 1, added: &k.added[j]}
				if err := r.configureAdded(); err != nil {
					return err
				}
				r.result = Run{Model: a.name, Data: name, Seed: 1, Dir: r.dir}
				k.trials = append(k.trials, r)
			}
		}
	}
	for _, r := range k.trials {
		if err := r.checkFolder(k.models, k.root, overwrite); err != nil {
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

// checkFolder fails where the trial's folder holds a run of other settings, or of a file that has changed since;
// with overwrite it empties the folder.
func (r *trial) checkFolder(models registry.List, root *rundir.Dir, overwrite bool) error {
	if r.added != nil {
		return nil // its folder is named after its values
	}
	d, err := rundir.Open(root.Path(r.dir))
	if err != nil {
		return nil // there is none, or training will report what is wrong
	}
	saved, err := d.ReadConfig()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	was := r.changed(models, saved, d)
	if was == "" {
		return nil
	}
	if !overwrite {
		return usage.Errorf("%s was made with %s: replace such runs with --overwrite, or choose another --out", d.Path(""), was)
	}
	d, err = rundir.Create(root.Path(r.dir), true)
	if err != nil {
		return err
	}
	return errors.Join(d.WriteFile(rundir.ConfigFile, r.config), d.Close())
}

// changed says how the saved configuration of a folder and its data differ from the trial's, "" where they do
// not. Settings are compared by their values: their names, comments and number change between versions.
func (r *trial) changed(models registry.List, saved []byte, d *rundir.Dir) string {
	if !r.trained {
		var was, is referenceConfig
		if config.DecodeYAML("", saved, &was) != nil || config.DecodeYAML("", r.config, &is) != nil {
			return "other settings"
		}
		if was.Digest != "" && was.Digest != is.Digest {
			return r.otherData(was.Digest)
		}
		if was != is {
			return "other settings"
		}
		return ""
	}
	m := mustNamed(models, r.model)
	was, err := registry.DecodeJob(m, "", saved)
	if err != nil || registry.CheckName(was, "") != nil {
		return "other settings"
	}
	is, err := registry.DecodeJob(m, "", r.config)
	if err != nil {
		return "other settings"
	}
	if key := registry.Differing(was, is); key != "" {
		return fmt.Sprintf("other settings (%s differs)", key)
	}
	if c, err := d.Load(); err == nil && r.digest() != "" {
		if digest := fmt.Sprintf("%x", c.State["digest"]); digest != "" && digest != r.digest() {
			return r.otherData(digest)
		}
	}
	return ""
}

func (r *trial) otherData(digest string) string {
	return fmt.Sprintf("other data, since %s has changed (SHA-256 %.6s…, was %.6s…)", r.data, r.digest(), digest)
}
