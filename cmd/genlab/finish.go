package main

import (
	"bytes"
	"fmt"
	"slices"

	"genlab/internal/plot"
	rundir "genlab/internal/run"
)

// A finished training is measured with this many samples unless its family says otherwise, a smoke run
// with fewer.
const (
	evalSamples  = 10000
	smokeSamples = 2000
)

// finish measures with n samples and draws the model that a run's checkpoint holds, and writes eval.json,
// samples.png, loss.png and the model's own pictures beside it.
func finish(con *console, dir *rundir.Dir, m material, n int) error {
	p, err := paradigmOf(dir)
	if err != nil {
		return err
	}
	r, err := p.open(dir)
	if err != nil {
		return err
	}
	rep, show, err := m.evaluate(r, n, samplingFlags{})
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := printJSON(&text, rep); err != nil {
		return err
	}
	loss, err := lossCurve(dir)
	if err != nil {
		return err
	}
	files := []picture{{"eval.json", text.Bytes()}, {"loss.png", loss}}
	own, err := show()
	if err != nil {
		return err
	}
	fmt.Fprintln(con.stdout)
	rep.summary(con.stdout)
	for _, f := range append(files, own...) {
		if err := dir.WriteFile(f.name, f.data); err != nil {
			return err
		}
		fmt.Fprintln(con.stdout, dir.Path(f.name))
	}
	fmt.Fprintln(con.stdout, dir.Path(rundir.CheckpointFile))
	return nil
}

// lossCurve draws the losses of the log over the steps.
func lossCurve(dir *rundir.Dir) ([]byte, error) {
	log, err := dir.ReadLog()
	if err != nil {
		return nil, err
	}
	var series []plot.Series
	for _, e := range log {
		for _, f := range e.Fields { // the parts of a hybrid have losses of their own
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
