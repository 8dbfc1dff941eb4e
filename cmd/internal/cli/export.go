package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"genlab/internal/usage"
	"genlab/lab/export"
	"genlab/lab/models"
	"genlab/lab/rundir"
)

// exportCmd writes the metrics of runs for other tools.
type exportCmd struct {
	Args       []string `arg:"" name:"run" predictor:"run" help:"Run folders; then, unless --out names it, where to: a folder for tensorboard, a file for csv (default standard output), the URL of the server for mlflow."`
	To         string   `required:"" placeholder:"NAME" enum:"tensorboard,csv,mlflow" help:"Format: tensorboard (event files), csv (one table), or mlflow (a tracking server)."`
	Out        string   `short:"o" placeholder:"PATH" help:"Folder, file or URL to export to."`
	Experiment string   `default:"genlab" placeholder:"NAME" help:"Experiment of mlflow."`
}

// Run exports the runs; see package export.
func (c *exportCmd) Run(con *console) error {
	paths, to := c.Args, c.Out
	if n := len(paths); to == "" && n > 1 {
		if _, err := rundir.Open(paths[n-1]); err != nil {
			paths, to = paths[:n-1], paths[n-1]
		}
	}
	if to == "" && c.To != "csv" {
		return usage.Errorf("--to %s needs a target: genlab export RUN... --to tensorboard DIR, or --to mlflow http://localhost:5000", c.To)
	}
	var runs []*export.Run
	for _, path := range paths {
		r, err := export.Open(models.All, path)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	if c.To == "csv" {
		return c.csv(con, to, runs)
	}
	for _, r := range runs {
		var n int
		var err error
		if c.To == "tensorboard" {
			n, err = r.TensorBoard(to)
		} else {
			n, err = export.MLflow{Server: to, Experiment: c.Experiment}.Log(con.ctx, r)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(con.stdout, "%s: %d new records in %s\n", r.Name, n, to)
	}
	return nil
}

// csv writes the table to a file, or to standard output.
func (c *exportCmd) csv(con *console, to string, runs []*export.Run) error {
	var w io.Writer = con.stdout
	if to == "" {
		return export.CSV(w, runs)
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	return errors.Join(export.CSV(f, runs), f.Close())
}
