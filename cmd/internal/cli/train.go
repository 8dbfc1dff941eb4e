package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// trainCmd has a subcommand for each registered model, with the settings of its Config as flags.
type trainCmd struct{ kong.Plugins }

func newTrainCmd() trainCmd {
	var c trainCmd
	for _, m := range models.All {
		about := m.About()
		command := &trainModel{Settings: m.Job("", false).Settings(), model: m}
		tag := fmt.Sprintf(`cmd:"" name:%s help:%s group:%s`, strconv.Quote(about.Name), strconv.Quote(about.Summary), strconv.Quote(about.Role.String()))
		plugin := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Command", Type: reflect.TypeFor[trainModel](), Tag: reflect.StructTag(tag)}}))
		plugin.Elem().Field(0).Set(reflect.ValueOf(*command))
		c.Plugins = append(c.Plugins, plugin.Interface())
	}
	return c
}

// trainModel is the train command of one model.
type trainModel struct {
	Settings  any           `embed:""`
	File      string        `group:"run" name:"config" placeholder:"FILE" help:"YAML file of settings."`
	Out       string        `group:"run" placeholder:"DIR" help:"Run folder (default runs/<model>-<data>-s<seed>)."`
	Resume    bool          `group:"run" help:"Continue the run from its last checkpoint."`
	Overwrite bool          `group:"run" help:"Replace the run in the folder."`
	Smoke     bool          `group:"run" help:"Train a tiny model for a few hundred steps, to check that everything works."`
	SaveEvery time.Duration `group:"run" default:"5s" help:"Time between checkpoints; it does not change the results."`
	TrainOnly bool          `group:"run" help:"Stop after the last checkpoint, without evaluation and pictures."`
	JSON      bool          `group:"run" name:"json" help:"Print the report as JSON to standard output, and progress to standard error."`

	model registry.Model
}

// Run trains a model, evaluates it and plots it.
func (c *trainModel) Run(con *console, kctx *kong.Context) error {
	report := con.stdout
	if c.JSON {
		if c.TrainOnly {
			return usage.Errorf("--json and --train-only exclude each other: there is no report without an evaluation")
		}
		con = &console{con.ctx, con.stderr, con.stderr}
	}
	job, err := c.resolve(kctx)
	if err != nil {
		return err
	}
	begin, find := trainer.Begin, job.Task
	if c.Resume {
		begin, find = trainer.Resume, func() (registry.Task, error) { return c.resumed(job) }
	}
	task, err := find()
	if err != nil {
		return err
	}
	if p, ok := task.(registry.Points); ok && p.Note != "" {
		fmt.Fprintln(con.stdout, p.Note)
	}
	t, err := begin(c.Out, job, task, trainer.Options{Overwrite: c.Overwrite, SaveEvery: c.SaveEvery})
	if err != nil {
		return err
	}
	defer t.Close()
	if !c.Resume {
		if err := warn(con, t); err != nil {
			return err
		}
	}
	if err := c.train(con, t); err != nil || c.TrainOnly {
		return err
	}
	// The rest only reads the checkpoint: a signal need not wait for it.
	done := make(chan error, 1)
	go func() { done <- c.finish(con, report, t.Dir(), task) }()
	select {
	case err := <-done:
		return err
	case <-con.ctx.Done():
		return fmt.Errorf("%w: the training is complete and saved in %s; --resume evaluates it", trainer.ErrInterrupted, c.Out)
	}
}

// resumed returns the data of the run that is resumed.
func (c *trainModel) resumed(job registry.Job) (registry.Task, error) {
	d, err := rundir.Open(c.Out)
	if err != nil {
		return nil, err
	}
	saved, err := registry.ReadCheckpoint(job, d)
	if err != nil {
		return nil, err
	}
	return registry.TaskOf(job, d.Path(""), saved.State)
}

// warn says what will spoil the result of a training.
func warn(con *console, t *trainer.Training) error {
	all, err := t.Warnings()
	for _, w := range all {
		fmt.Fprintln(con.stderr, term.Hanging("warning: "+w, term.Width-2, 2))
	}
	return err
}

// train takes the remaining steps under a progress bar, and draws samples of the model on the way unless nothing
// but the training is asked for.
func (c *trainModel) train(con *console, t *trainer.Training) error {
	bar := term.NewBar(con.stdout, t.Loop())
	defer bar.Stop()
	previews := t.Previews()
	for p, err := range t.Steps(con.ctx) {
		if err != nil {
			return err
		}
		bar.Update(p)
		if c.TrainOnly {
			continue
		}
		path, err := previews.Update()
		if err != nil {
			return err
		}
		if path != "" {
			bar.Note(fmt.Sprintf("samples at step %d: %s", p.Step, path))
		}
	}
	return nil
}

// finish evaluates and plots the model, and prints the metrics and the files; with --json the report goes to report.
func (c *trainModel) finish(con *console, report io.Writer, dir *rundir.Dir, task registry.Task) error {
	n := cmp.Or(c.model.About().Samples, trainer.Samples)
	if c.Smoke {
		n = trainer.SmokeSamples
	}
	rep, files, err := trainer.Finish(models.All, dir, task, n)
	if rep != nil {
		fmt.Fprintln(con.stdout)
		printSummary(con.stdout, rep)
	}
	for _, name := range files {
		fmt.Fprintln(con.stdout, dir.Path(name))
	}
	if err == nil {
		fmt.Fprintln(con.stdout, dir.Path(rundir.CheckpointFile))
	}
	if err == nil && c.JSON {
		return term.JSON(report, rep)
	}
	return err
}

// resolve returns the job: defaults (or the settings of a resumed run), smoke preset, file, environment and
// flags, each overriding those before it.
func (c *trainModel) resolve(kctx *kong.Context) (registry.Job, error) {
	job, err := c.settings(kctx)
	if err != nil {
		return nil, err
	}
	if err := registry.CheckName(job, c.File); err != nil {
		return nil, err
	}
	if err := job.Validate(); err != nil {
		return nil, usage.Error{Err: err}
	}
	if c.SaveEvery < 0 {
		return nil, usage.Errorf("--save-every is %v, but must be at least 0s", c.SaveEvery)
	}
	if c.Resume && c.Overwrite {
		return nil, usage.Errorf("--resume and --overwrite exclude each other: give one of them")
	}
	if c.Out == "" {
		c.Out = rundir.DefaultPath(c.model.About().Name, job.Data(), job.Seed())
	}
	if !c.Resume {
		return job, nil
	}
	d, err := rundir.Open(c.Out)
	if err != nil {
		return nil, err
	}
	saved, err := registry.ReadJob(c.model, d)
	if err != nil {
		return nil, err
	}
	requested := saved.Clone()
	if c.Smoke {
		c.model.Smoke(requested)
	}
	if err := c.override(requested, kctx); err != nil {
		return nil, err
	}
	if key := registry.Differing(saved, requested); key != "" {
		return nil, usage.Errorf("a resumed run keeps its settings, but %s of %s would change: leave it out, or start a new run with another --out", key, d.Path(""))
	}
	return saved, nil
}

// settings returns the job of a new run. Some defaults depend on the data, which any layer may name.
func (c *trainModel) settings(kctx *kong.Context) (registry.Job, error) {
	job := c.model.Job("", c.Smoke)
	if unknown := config.UnknownEnv("GENLAB_", os.Environ(), job.Settings(), "GENLAB_CPU"); len(unknown) > 0 {
		return nil, usage.Errorf("environment: %s", unknown[0])
	}
	if err := c.override(job, kctx); err != nil {
		return nil, err
	}
	job = c.model.Job(job.Data(), c.Smoke)
	return job, c.override(job, kctx)
}

// override applies the layers above the defaults: file, environment, and the flags that were given.
func (c *trainModel) override(job registry.Job, kctx *kong.Context) error {
	if c.File != "" {
		if err := config.ReadYAML(c.File, job.Settings()); err != nil {
			return err
		}
	}
	if err := config.Env("GENLAB_", os.LookupEnv, job.Settings()); err != nil {
		return err
	}
	fields := registry.Fields(job)
	for _, p := range kctx.Path {
		if p.Flag == nil {
			continue
		}
		for _, f := range fields {
			if f.Key == p.Flag.Name {
				f.Value.Set(p.Flag.Target)
			}
		}
	}
	return nil
}
