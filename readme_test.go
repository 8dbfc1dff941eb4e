package genlab_test

import (
	"context"
	"log"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/flow"
	"genlab/lab/models"
	"genlab/lab/trainer"
	"genlab/standardize"
	"genlab/train"
)

// must returns v; an error ends the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestReadmeProgram runs the lines of the README beside the command, and compares what they train with what the
// command does: they are the same to the last bit.
func TestReadmeProgram(t *testing.T) {
	m := regexp.MustCompile("(?s)```go\n(.*?)\n```").FindStringSubmatch(read(t, "README.md"))
	if m == nil {
		t.Fatal("the README has no lines of Go")
	}
	lines := strings.Replace(m[1], "cfg.Steps = 500", "cfg.Steps = 40", 1)
	if !strings.Contains(read(t, "readme_test.go"), "\t"+strings.ReplaceAll(lines, "\n", "\n\t")+"\n") {
		t.Error("the lines of the README are not those of this test")
	}
	t.Chdir(t.TempDir())
	if err := datasets.WritePoints("points.csv", Banana{}.Sample(500, train.NewStream(1, "points").Rand)); err != nil {
		t.Fatal(err)
	}

	data := must(datasets.ByName("file:points.csv"))
	training, heldOut, err := data.Split(0.1, 1)
	if err != nil {
		log.Fatal(err) // fewer than 3 rows
	}
	rows, _ := training.Rows()
	scale := must(standardize.Fit(rows))
	cfg := flow.DefaultConfig()
	cfg.Steps = 40
	trainer := must(flow.NewTrainer(must(flow.New(cfg, scale, train.NewStream(1, "init").Rand))))
	for _, err := range train.Run(context.Background(), trainer, training.Epochs(1, 0, false), cfg.Options(), train.NewStreams(1)) {
		if err != nil {
			log.Fatal(err) // a *train.DivergedError names the step
		}
	}
	samples := trainer.Average().Sample(1000, train.NewStream(1, "sample").Rand)
	logp := trainer.Average().LogProb(heldOut.Fresh(1000, train.NewStream(1, "test").Rand)) // nats, at all 50 held-out rows

	run := command(t, "file:points.csv", cfg.Steps)
	if !mat.Equal(samples, run.Sample(1000, train.NewStream(1, "sample").Rand)) || logp[0] != run.LogProb(heldOut.Fresh(1000, train.NewStream(1, "test").Rand))[0] || len(logp) != 50 {
		t.Error("the command trains another model")
	}
}

// command is genlab train flow and the reading of what it has written.
func command(t *testing.T, data string, steps int) *flow.Model {
	job := models.Flow.TypedJob(data, false)
	job.Config().Steps = steps
	run := must(trainer.Begin("runs/mine", job, must(job.Task()), trainer.Options{}))
	for _, err := range run.Steps(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return must(models.All.Open("runs/mine")).Model.(interface{ Unwrap() *flow.Model }).Unwrap()
}
