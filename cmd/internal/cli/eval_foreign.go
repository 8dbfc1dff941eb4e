package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
)

// foreignModel are the flags of genlab eval for a model of another program.
type foreignModel struct {
	Data        string   `group:"foreign" placeholder:"NAME" predictor:"dataset" help:"Dataset that the model learned."`
	Samples     string   `group:"foreign" placeholder:"FILE" help:"Samples that any program drew, .npy or .csv: score them instead of a run's, at most -n of them, up to 200000; --label TEXT names their model (default: the file's name)."`
	LogP        string   `group:"foreign" name:"logp" placeholder:"FILE" help:"Log density of the model at each sample, in nats and original coordinates, .npy or .csv: adds KL(q‖p)."`
	LogQ        string   `group:"foreign" name:"logq" placeholder:"FILE" help:"Log density of the model at each point of --write-points: adds NLL and KL(p‖q)."`
	WritePoints string   `group:"foreign" placeholder:"FILE" help:"Write the points that the likelihood is averaged over, and measure nothing: -n fresh points of a distribution, at most 100000, or the held-out rows of a file."`
	WriteTrain  string   `group:"foreign" placeholder:"FILE" help:"Write the rows of a file that are not held out, to train on, and measure nothing."`
	Holdout     *float64 `group:"foreign" placeholder:"X" help:"Share of the rows of a file that are held out, as in genlab train (default 0.1)."`
	Test        string   `group:"foreign" placeholder:"NAME" help:"Held-out points of a file in another file, file:PATH."`
	Seed        *uint64  `group:"foreign" help:"Random seed of the true samples, the fresh points and the split of a file (default 1)."`
}

// given returns the flags that are set.
func (f foreignModel) given() (flags []string) {
	for _, flag := range []struct {
		name string
		is   bool
	}{
		{"--data", f.Data != ""}, {"--samples", f.Samples != ""}, {"--logp", f.LogP != ""}, {"--logq", f.LogQ != ""},
		{"--write-points", f.WritePoints != ""}, {"--write-train", f.WriteTrain != ""},
		{"--holdout", f.Holdout != nil}, {"--test", f.Test != ""}, {"--seed", f.Seed != nil},
	} {
		if flag.is {
			flags = append(flags, flag.name)
		}
	}
	return flags
}

// evalForeign measures a model of another program, or writes the points at which its density is needed.
func (c *evalCmd) evalForeign(con *console, given []string) error {
	most, label, writes := evaluate.MaxForeign, c.Label, c.WritePoints != "" || c.WriteTrain != ""
	if writes {
		most = evaluate.MaxPoints
	}
	c.Label = ""
	switch {
	case c.Run_ != "":
		return usage.Errorf("RUN and %s exclude each other: a run has its own data, samples and seed", strings.Join(given, ", "))
	case c.Samples == "" && c.LogP == "" && c.LogQ == "" && !writes:
		return usage.Errorf("nothing to measure: give a run directory, or --samples FILE --data NAME")
	case c.Data == "":
		return usage.Errorf("--data is missing: name the dataset that the model learned")
	case c.LogP != "" && c.Samples == "":
		return usage.Errorf("--logp needs --samples: it has the log density of the model at each sample")
	case writes && (c.Samples != "" || c.LogQ != ""):
		return usage.Errorf("--write-points and --write-train write points, for which --samples and --logq are made later: leave those out")
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
	seed, holdout := uint64(1), registry.DefaultHoldout
	if c.Seed != nil {
		seed = *c.Seed
	}
	if c.Holdout != nil {
		holdout = *c.Holdout
	}
	if p, err = registry.Divide(p, holdout, c.Test, seed); err != nil {
		return err
	}
	if writes {
		return c.writePoints(con, p, seed)
	}
	m, err := evaluate.Files{Samples: c.Samples, LogP: c.LogP, LogQ: c.LogQ}.Read(p, c.N, seed)
	if err != nil {
		return err
	}
	file := filepath.Base(cmp.Or(c.Samples, c.LogQ))
	return c.print(con, m.Report(cmp.Or(label, strings.TrimSuffix(file, filepath.Ext(file))), p, seed))
}

// writePoints writes the points that the likelihood of a foreign model is averaged over, and the rows that it may
// be trained on.
func (c *evalCmd) writePoints(con *console, p registry.Points, seed uint64) error {
	if c.WriteTrain != "" {
		rows, ok := p.Rows()
		if !ok {
			return usage.Errorf("--write-train applies to points of a file, and %s is a distribution: its samples are always fresh, and --write-points with another --seed writes some", p.Name)
		}
		if err := writeRows(con, c.WriteTrain, rows, "training rows of "+p.Name); err != nil {
			return err
		}
	}
	if c.WritePoints == "" {
		return nil
	}
	n, what := c.N, fmt.Sprintf("fresh points of %s, seed %d", p.Name, seed)
	switch _, finite := p.Rows(); {
	case p.HeldOut != nil:
		n, what = evaluate.MaxPoints, "held-out rows of "+p.Name
	case finite:
		n, what = evaluate.MaxPoints, "rows of "+p.Name
	}
	return writeRows(con, c.WritePoints, evaluate.FreshPoints(p, seed, n), what)
}

func writeRows(con *console, path string, x mat.Matrix, what string) error {
	if err := datasets.CheckName(path); err != nil {
		return usage.Error{Err: err}
	}
	if err := datasets.WritePoints(path, x); err != nil {
		return err
	}
	n, d := x.Dims()
	_, err := fmt.Fprintf(con.stdout, "%s: %d %s, %d coordinates\n", path, n, what, d)
	return err
}
