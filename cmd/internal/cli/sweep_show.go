package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"genlab/lab/answer"
	"genlab/lab/rundir"
	"genlab/lab/sweep"
)

// sweepShowCmd shows the results of a sweep.
type sweepShowCmd struct {
	Dir    string   `arg:"" help:"Folder of the sweep."`
	Metric string   `placeholder:"NAME" help:"Metric to show (default: that of the sweep, energy_distance, or nats_per_character for text)."`
	By     []string `placeholder:"NAME,..." help:"Settings to compare, averaged over the others (default: all)."`
	JSON   bool     `name:"json" help:"Print JSON instead of tables."`
}

// Run reads the runs, writes the files and prints the tables.
func (c *sweepShowCmd) Run(con *console) error { return show(con, c.Dir, c.Metric, c.By, c.JSON) }

// show reads the runs of a sweep, writes its files and prints its tables.
func show(con *console, dir, metric string, by []string, asJSON bool) error {
	study, err := sweep.Results(dir)
	if err != nil {
		return err
	}
	return printAnswer(con, study, dir, metric, by, asJSON)
}

// printAnswer writes the files of an answer to a folder and prints it.
func printAnswer(con *console, study *answer.Study, dir, metric string, by []string, asJSON bool) error {
	a, err := study.Answer(metric, by)
	if err != nil {
		return err
	}
	files, err := a.Files(study)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := rundir.ReplaceFile(filepath.Join(dir, f.Name), f.Data); err != nil {
			return err
		}
	}
	if asJSON {
		b, err := a.JSON()
		if err == nil {
			_, err = con.stdout.Write(b)
		}
		return err
	}
	fmt.Fprint(con.stdout, a.Text())
	for _, f := range files {
		fmt.Fprintln(con.stdout, filepath.Join(dir, f.Name))
	}
	if a.Counts.Done == 0 && a.Counts.Failed+a.Counts.Diverged > 0 {
		return errors.New("every run failed; " + a.Lost[0].String())
	}
	return nil
}
