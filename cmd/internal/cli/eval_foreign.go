package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
)

// foreignModel are the flags of genlab eval for a model of another program.
type foreignModel struct {
	Data        string  `group:"foreign" placeholder:"NAME" predictor:"dataset" help:"Dataset that the model learned."`
	Samples     string  `group:"foreign" placeholder:"FILE" help:"Samples that any program drew, .npy or .csv: score them instead of a run's, at most -n of them, up to 200000; --label TEXT names their model (default: the file's name)."`
	LogP        string  `group:"foreign" name:"logp" placeholder:"FILE" help:"Log density of the model at each sample, in nats and original coordinates, .npy or .csv: adds KL(q‖p)."`
	LogQ        string  `group:"foreign" name:"logq" placeholder:"FILE" help:"Log density of the model at each point of --write-points: adds NLL and KL(p‖q)."`
	WritePoints string  `group:"foreign" placeholder:"FILE" help:"Write -n fresh points of the dataset, at most 100000, and measure nothing."`
	Seed        *uint64 `group:"foreign" help:"Random seed of the true samples and the fresh points (default 1)."`
}

// given returns the flags that are set.
func (f foreignModel) given() (flags []string) {
	for _, flag := range []struct {
		name string
		is   bool
	}{
		{"--data", f.Data != ""}, {"--samples", f.Samples != ""}, {"--logp", f.LogP != ""}, {"--logq", f.LogQ != ""},
		{"--write-points", f.WritePoints != ""}, {"--seed", f.Seed != nil},
	} {
		if flag.is {
			flags = append(flags, flag.name)
		}
	}
	return flags
}

// evalForeign measures a model of another program, or writes the points at which its density is needed.
func (c *evalCmd) evalForeign(con *console, given []string) error {
	most, label := evaluate.MaxForeign, c.Label
	if c.WritePoints != "" {
		most = evaluate.MaxPoints
	}
	c.Label = ""
	switch {
	case c.Run_ != "":
		return usage.Errorf("RUN and %s exclude each other: a run has its own data, samples and seed", strings.Join(given, ", "))
	case c.Samples == "" && c.LogQ == "" && c.WritePoints == "":
		return usage.Errorf("nothing to measure: give a run directory, or --samples FILE --data NAME")
	case c.Data == "":
		return usage.Errorf("--data is missing: name the dataset that the model learned")
	case c.LogP != "" && c.Samples == "":
		return usage.Errorf("--logp needs --samples: it has the log density of the model at each sample")
	case c.WritePoints != "" && (c.Samples != "" || c.LogQ != ""):
		return usage.Errorf("--write-points and --samples or --logq exclude each other: write the points first")
	case c.Sweep != "":
		return usage.Errorf("--sweep does not apply: it needs a run, whose samplers it compares")
	case c.N > most:
		return usage.Errorf("-n is %d, but must be 100 to %d", c.N, most)
	}
	if err := c.Options.Only("samples of a file are scored as they are"); err != nil {
		return err
	}
	p, err := registry.FindPoints("genlab eval", c.Data, false, 0)
	if err != nil {
		return err
	}
	seed := uint64(1)
	if c.Seed != nil {
		seed = *c.Seed
	}
	if c.WritePoints != "" {
		return c.writePoints(con, p.Dataset, seed)
	}
	m, err := evaluate.Files{Samples: c.Samples, LogP: c.LogP, LogQ: c.LogQ}.Read(p.Dataset, c.N, seed)
	if err != nil {
		return err
	}
	file := filepath.Base(cmp.Or(c.Samples, c.LogQ))
	return c.print(con, m.Report(cmp.Or(label, strings.TrimSuffix(file, filepath.Ext(file))), p.Dataset, seed))
}

// writePoints writes the points that the likelihood of a foreign model is averaged over.
func (c *evalCmd) writePoints(con *console, ds *datasets.Dataset, seed uint64) error {
	if err := datasets.CheckName(c.WritePoints); err != nil {
		return usage.Error{Err: err}
	}
	x := evaluate.FreshPoints(ds, seed, c.N)
	if err := datasets.WritePoints(c.WritePoints, x); err != nil {
		return err
	}
	n, d := x.Dims()
	_, err := fmt.Fprintf(con.stdout, "%s: %d fresh points of %s, seed %d, %d coordinates\n", c.WritePoints, n, ds.Name, seed, d)
	return err
}
