package main

import (
	"errors"
	"fmt"
	"os"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/datasets"
)

// scoreCmd evaluates densities.
type scoreCmd struct {
	Of     string `arg:"" name:"RUN|DATASET" help:"Run directory, or data set by name."`
	Points string `required:"" placeholder:"FILE" help:"Points, .npy (n x 2) or .csv."`
	Out    string `short:"o" placeholder:"FILE" help:"File to write, .npy (n) or .csv (default: one value a line on standard output)."`
}

// Run scores and writes; the kind of the values goes to standard error.
func (c *scoreCmd) Run(con *console) error {
	if c.Out != "" {
		if err := datasets.CheckName(c.Out); err != nil {
			return usageError{err}
		}
	}
	q, name, err := c.density()
	if err != nil {
		return err
	}
	x, err := datasets.ReadPoints(c.Points)
	if err != nil {
		return inputError(err)
	}
	scores := q.LogProb(x)
	fmt.Fprintf(con.stderr, "log p under %s: exact, in nats, original coordinates; %d points\n", name, len(scores))
	if c.Out != "" {
		return datasets.WriteVector(c.Out, scores)
	}
	return printCSV(con.stdout, mat.NewDense(len(scores), 1, scores))
}

// density finds what knows a density: a data set, or a run in a folder.
func (c *scoreCmd) density() (genlab.LogProber, string, error) {
	if _, err := os.Stat(c.Of); err == nil {
		r, err := openRun(c.Of)
		if err != nil {
			return nil, "", err
		}
		q, ok := r.sampled.(genlab.LogProber)
		if _, text := r.sampled.(*autoregressive.Text); text {
			return nil, "", usagef("%s is a run of text, which gives points no density; genlab eval states its nats a character", c.Of)
		}
		if !ok {
			return nil, "", usagef("%s is a %s run, which has no density to score with; genlab eval compares its samples with the truth", c.Of, r.model)
		}
		return q, c.Of, nil
	}
	ds, err := datasets.ByName(c.Of)
	if err != nil {
		return nil, "", inputError(fmt.Errorf("%s is no run directory, and as a data set: %w", c.Of, err))
	}
	if ds.Density == nil {
		return nil, "", usageError{errors.New("points of a file have no known density; score them under a run or a named data set")}
	}
	return ds.Density, ds.Name, nil
}
