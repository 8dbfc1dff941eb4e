package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/export"
	"genlab/lab/export/onnx"
	"genlab/lab/models"
	"genlab/lab/rundir"
)

// exportCmd writes the metrics of runs for other tools.
type exportCmd struct {
	Runs       []string     `arg:"" name:"run" predictor:"run" help:"Run folders."`
	To         exportTarget `required:"" placeholder:"NAME [PATH]" help:"Format and target: tensorboard DIR (event files), mlflow URL (a tracking server such as http://localhost:5000), csv (one table, to standard output or --out), or onnx [DIR] (the networks, sampler and log density as graphs, in a folder of the run within DIR; default onnx)."`
	Out        string       `short:"o" placeholder:"PATH" help:"Folder, file or URL to export to, instead of the one after the format."`
	Experiment string       `default:"genlab" placeholder:"NAME" help:"Experiment of mlflow."`
}

// exportTarget is a format and, for those that need one, where to.
type exportTarget struct{ Format, Path string }

// formats lists the values of --to.
var formats = []string{"tensorboard", "csv", "mlflow", "onnx"}

// Decode implements [kong.MapperValue]: the target follows the format.
func (t *exportTarget) Decode(ctx *kong.DecodeContext) error {
	if err := ctx.Scan.PopValueInto("format", &t.Format); err != nil {
		return err
	}
	if err := suggest.Name("format", t.Format, formats); err != nil {
		return err
	}
	if t.Format != "csv" && ctx.Scan.Peek().IsValue() {
		return ctx.Scan.PopValueInto("target", &t.Path)
	}
	return nil
}

// Run exports the runs; see package export.
func (c *exportCmd) Run(con *console) error {
	to := cmp.Or(c.Out, c.To.Path)
	if c.To.Format == "onnx" {
		return c.onnx(con, cmp.Or(to, "onnx"))
	}
	if to == "" && c.To.Format != "csv" {
		return usage.Errorf("--to %s needs a target: genlab export RUN... --to tensorboard DIR, or --to mlflow http://localhost:5000", c.To.Format)
	}
	var runs []*export.Run
	for _, path := range c.Runs {
		r, err := export.Open(models.All, path)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	if c.To.Format == "csv" {
		return c.csv(con, to, runs)
	}
	for _, r := range runs {
		var n int
		var err error
		if c.To.Format == "tensorboard" {
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

// onnx writes the graphs of each run to a folder of its own within dir.
func (c *exportCmd) onnx(con *console, dir string) error {
	for _, path := range c.Runs {
		r, err := models.All.Open(path)
		if err != nil {
			return err
		}
		graphs, err := onnx.Graphs(r)
		if err != nil {
			return err
		}
		folder := filepath.Join(dir, filepath.Base(filepath.Clean(path)))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		for _, g := range graphs {
			file := filepath.Join(folder, g.Name+".onnx")
			if err := rundir.ReplaceFile(file, g.Bytes()); err != nil {
				return err
			}
			fmt.Fprintf(con.stdout, "%s: %s\n", file, g)
		}
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
