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

// Finish measures the model of a run's checkpoint with n samples, and writes eval.json, loss.png, samples.png and
// the model's own pictures to its folder. It returns the report and the names of the files. task is the data of the
// run as they were read for the training. Finish fails where the run cannot be read or a file cannot be written.
func Finish(l registry.List, dir *rundir.Dir, task registry.Task, n int) (*evaluate.Report, []string, error) {
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
	loss, err := lossCurve(dir)
	if err != nil {
		return nil, nil, err
	}
	own, err := illustrate()
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, f := range append([]registry.Picture{{Name: "eval.json", Data: append(text, '\n')}, {Name: "loss.png", Data: loss}}, own...) {
		if err := dir.WriteFile(f.Name, f.Data); err != nil {
			return nil, names, err
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
