package trainer

import (
	"encoding/json"
	"slices"

	"genlab/internal/plot"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// Samples is the number of samples that a finished training is measured with unless its registration sets
// another; SmokeSamples is that of a smoke run.
const (
	Samples      = 10000
	SmokeSamples = 2000
)

// EvalFile is the name of the report in a run folder.
const EvalFile = "eval.json"

// Measure measures the model of a run's checkpoint with n samples, and writes the report to a file of its folder. It
// returns the report, and a function that draws the model's pictures of what was measured. task is the data of the run
// as they were read for the training. Measure fails where the run cannot be read or the file cannot be written.
func Measure(l registry.List, dir *rundir.Dir, task registry.Task, n int, file string) (*evaluate.Report, func() ([]registry.Picture, error), error) {
	r, err := l.OpenDir(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := r.SetTask(task); err != nil {
		return nil, nil, err
	}
	rep, illustrate, err := evaluate.Run(r, n, registry.Options{})
	if err != nil {
		return nil, nil, err
	}
	text, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	return rep, illustrate, dir.WriteFile(file, append(text, '\n'))
}

// Finish measures the model of a run's checkpoint as [Measure] does, and writes eval.json, loss.png, samples.png and the model's
// own pictures as well. It returns the report and the names of the files.
func Finish(l registry.List, dir *rundir.Dir, task registry.Task, n int) (*evaluate.Report, []string, error) {
	rep, illustrate, err := Measure(l, dir, task, n, EvalFile)
	if err != nil {
		return nil, nil, err
	}
	names := []string{EvalFile}
	loss, err := lossCurve(dir)
	if err != nil {
		return rep, names, err
	}
	own, err := illustrate()
	if err != nil {
		return rep, names, err
	}
	for _, f := range append([]registry.Picture{{Name: "loss.png", Data: loss}}, own...) {
		if err := dir.WriteFile(f.Name, f.Data); err != nil {
			return rep, names, err
		}
		names = append(names, f.Name)
	}
	return rep, names, nil
}

// lossCurve plots the losses of the log against the steps.
func lossCurve(dir *rundir.Dir) ([]byte, error) {
	log, err := dir.ReadLog()
	if err != nil {
		return nil, err
	}
	var series []plot.Series
	for _, e := range log {
		for _, f := range e.Fields { // the phases of a hybrid have different losses
			i := slices.IndexFunc(series, func(s plot.Series) bool { return s.Name == f.Name })
			if i < 0 {
				i = len(series)
				series = append(series, plot.Series{Name: f.Name})
			}
			series[i].X = append(series[i].X, float64(e.Step))
			series[i].Y = append(series[i].Y, f.Value)
		}
	}
	return plot.Curve("training loss", "step", "loss", series...)
}
