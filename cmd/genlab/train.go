package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/internal/config"
	"genlab/internal/kernel"
	rundir "genlab/internal/run"
	"genlab/train"
	"genlab/vae"
)

// trainCmd has a subcommand for each model, with the flags of its Config.
type trainCmd struct {
	Diffusion   trainModel[diffusion.Config]         `cmd:"" help:"A diffusion model, sampled by DDIM or DDPM."`
	Flow        trainModel[flow.Config]              `cmd:"" help:"A normalizing flow, with an exact density."`
	GAN         trainModel[gan.Config]               `cmd:"" name:"gan" help:"A generator and a critic: WGAN-GP, or the original game. No density."`
	FlowPrior   trainModel[hybrid.FlowPriorConfig]   `cmd:"" name:"flow-prior" help:"A VAE whose prior is a flow: hybrid."`
	Consistency trainModel[hybrid.ConsistencyConfig] `cmd:"" name:"consistency" help:"A diffusion model and its student of few evaluations: hybrid."`
	Captioned   trainModel[hybrid.CaptionedConfig]   `cmd:"" name:"captioned" help:"A language model that reads a prompt and a diffusion model that draws it: hybrid."`
	Latent      trainModel[hybrid.LatentConfig]      `cmd:"" name:"latent-diffusion" help:"A diffusion model of what an autoencoder encodes: hybrid."`
	Video       trainModel[hybrid.VideoConfig]       `cmd:"" help:"A diffusion model of films, whose network is a transformer over patches of space and time: hybrid."`
	Adversarial trainModel[hybrid.AdversarialConfig] `cmd:"" name:"adversarial-diffusion" help:"Such a student, fine-tuned against a critic: hybrid."`
	VAE         trainModel[vae.Config]               `cmd:"" name:"vae" help:"A variational autoencoder, with bounds on its density."`

	Autoregressive trainModel[autoregressive.Config] `cmd:"" help:"A transformer over characters: of a text, or the digits of points."`
}

// defaults maps the address of each flag's field to its description, for the help text.
func (c *trainCmd) defaults() map[uintptr]string {
	d := map[uintptr]string{}
	c.Diffusion.addDefaults(d)
	c.Flow.addDefaults(d)
	c.GAN.addDefaults(d)
	c.VAE.addDefaults(d)
	c.FlowPrior.addDefaults(d)
	c.Consistency.addDefaults(d)
	c.Captioned.addDefaults(d)
	c.Latent.addDefaults(d)
	c.Video.addDefaults(d)
	c.Adversarial.addDefaults(d)
	c.Autoregressive.addDefaults(d)
	return d
}

// trainModel is the command line of train for one paradigm.
type trainModel[C validator] struct {
	settings[C] `embed:""`
	File        string        `name:"config" placeholder:"FILE" help:"YAML file of settings."`
	Out         string        `placeholder:"DIR" help:"Run directory (default runs/<model>-<data>-s<seed>)."`
	Resume      bool          `help:"Go on from the run's last checkpoint."`
	Overwrite   bool          `help:"Replace the run that is there."`
	Smoke       bool          `help:"A small, short run that shows that all works."`
	SaveEvery   time.Duration `default:"5s" help:"Time between two checkpoints; it changes no result."`
	TrainOnly   bool          `help:"Stop at the last checkpoint: no measurements, no pictures."`
}

func (c *trainModel[C]) family() *family[C] {
	for _, p := range paradigms {
		if f, ok := p.(*family[C]); ok {
			return f
		}
	}
	panic("train: no paradigm has this configuration")
}

func (c *trainModel[C]) addDefaults(d map[uintptr]string) {
	preset := c.family().preset(false, "")
	for i, f := range config.Fields(&c.settings) {
		d[f.Value.Addr().Pointer()] = config.Fields(&preset)[i].Describe()
	}
}

// Run trains, measures the result and draws it.
func (c *trainModel[C]) Run(con *console, kctx *kong.Context) error {
	s, err := c.resolve(kctx)
	if err != nil {
		return err
	}
	m, err := c.family().subject(s)
	if err != nil {
		return err
	}
	t, err := c.begin(s, m)
	if t != nil && t.dir != nil {
		defer t.dir.Close()
	}
	if err != nil {
		return err
	}
	if err := t.run(con, m.law()); err != nil || c.TrainOnly {
		return err
	}
	n := cmp.Or(c.family().draws, evalSamples)
	if c.Smoke {
		n = smokeSamples
	}
	// What is left only reads the checkpoint: a signal need not wait for it.
	done := make(chan error, 1)
	go func() { done <- finish(con, t.dir, m, n) }()
	select {
	case err := <-done:
		return err
	case <-con.ctx.Done():
		return fmt.Errorf("%w: the training is done and saved in %s; --resume measures and draws it", errInterrupted, c.Out)
	}
}

// resolve layers defaults (or a resumed run's settings), preset, file, environment and flags.
func (c *trainModel[C]) resolve(kctx *kong.Context) (settings[C], error) {
	s := c.family().preset(c.Smoke, "")
	if unknown := config.UnknownEnv("GENLAB_", os.Environ(), &s, "GENLAB_CPU"); len(unknown) > 0 {
		return s, usagef("environment: %s", unknown[0])
	}
	if err := override(&s, c.File, os.LookupEnv, kctx.Path); err != nil {
		return s, err
	}
	if c.family().adapt != nil {
		// The data decides about the defaults of what was not said.
		s = c.family().preset(c.Smoke, s.Data)
		if err := override(&s, c.File, os.LookupEnv, kctx.Path); err != nil {
			return s, err
		}
	}
	if s.Model != c.family().name {
		return s, usagef("%s: model is %q, but the command trains %s", c.File, s.Model, c.family().name)
	}
	if err := s.Config.Validate(); err != nil {
		return s, usageError{err}
	}
	if c.SaveEvery < 0 {
		return s, usagef("--save-every is %v, but must be at least 0s", c.SaveEvery)
	}
	if c.Resume && c.Overwrite {
		return s, usagef("--resume and --overwrite exclude each other")
	}
	if c.Out == "" {
		c.Out = rundir.DefaultPath(s.Model, s.Data, s.Seed)
	}
	if !c.Resume {
		return s, nil
	}
	d, err := rundir.Open(c.Out)
	if err != nil {
		return s, err
	}
	was, err := c.family().read(d)
	if err != nil {
		return s, err
	}
	now := was
	if c.Smoke {
		c.family().smoke(&now.Config)
	}
	if err := override(&now, c.File, os.LookupEnv, kctx.Path); err != nil {
		return s, err
	}
	if key := differing(&was, &now); key != "" {
		return s, usagef("a resumed run keeps its settings, and %s of %s would change: leave it out, or start anew with another --out", key, d.Path(""))
	}
	return was, nil
}

// begin makes the run directory, or opens it again, and the trainer in it. What it returns is
// to be closed, also with an error, unless it is nil.
func (c *trainModel[C]) begin(s settings[C], m material) (t *training, err error) {
	f := c.family()
	t = &training{
		model: f.name, options: f.loop(s.Config), saveEvery: c.SaveEvery,
		streams: train.NewStreams(s.Seed), digest: m.digest(),
	}
	if t.config, err = config.Marshal(&s); err != nil {
		return nil, err
	}
	if c.Resume {
		return t, c.goOn(t, s)
	}
	// All that can be wrong with the data or the settings is found before a folder is made.
	if t.learner, err = f.start(s, m); err != nil {
		return nil, err
	}
	t.env = rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	if t.dir, err = rundir.Create(c.Out, c.Overwrite); err != nil {
		return nil, err
	}
	if err := t.dir.WriteConfig(&s); err != nil {
		return t, err
	}
	return t, t.save()
}

// goOn restores the trainer, the random streams and the log from the run's checkpoint.
func (c *trainModel[C]) goOn(t *training, s settings[C]) error {
	f := c.family()
	var err error
	if t.dir, err = rundir.Resume(c.Out); err != nil {
		return err
	}
	saved, err := f.checkpoint(t.dir, s)
	if err != nil {
		return err
	}
	if was := saved.State["digest"]; len(was) > 0 && !bytes.Equal(was, t.digest) {
		return usagef("%s is not what run %s began with (its SHA-256 is %.6x…, and was %.6x…): a resumed run keeps its data. Put the old file back, or start anew with another --out",
			s.Data, t.dir.Path(""), t.digest, was)
	}
	corrupt := func(err error) error {
		return &rundir.CorruptError{Path: t.dir.Path(rundir.CheckpointFile), Reason: err.Error(), Err: err}
	}
	if t.learner, err = f.resume(s.Config, saved.Tensors, saved.Step); err != nil {
		return corrupt(err)
	}
	if err := t.streams.Restore(saved.State); err != nil {
		return corrupt(err)
	}
	t.options.Done = saved.Step
	// The environment that counts is the one that the run began in; a lost file is no reason
	// to lose the run.
	if t.env, err = t.dir.ReadEnv(); err != nil {
		t.env = rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	}
	return t.dir.TrimLog(saved.Step)
}
