package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/alecthomas/kong"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/config"
	rundir "genlab/internal/run"
	"genlab/standardize"
	"genlab/train"
)

// settings is what config.yaml holds: what was trained, on what, and how.
type settings[C validator] struct {
	Model  string `yaml:"model" help:"the paradigm" kong:"-"`
	Data   string `yaml:"data" help:"data set: one of genlab datasets, or file:PATH"`
	Seed   uint64 `yaml:"seed" help:"seed of all random streams"`
	Config C      `yaml:",inline" embed:""`
}

type validator interface {
	comparable
	Validate() error
}

// trainee is a trainer as the loop sees it.
type trainee interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// sampled is a trained model as the commands see it.
type sampled interface {
	genlab.Sampler
	Params() int
}

// family is a paradigm's entry in the table of models. C is its Config.
type family[C validator] struct {
	name     string
	defaults func() C
	smoke    func(*C)                                              // makes a run of seconds
	loop     func(C) train.Options                                 // batch and steps
	begin    func(C, standardize.Map, *rand.Rand) (trainee, error) // for points standardised by a map
	resume   func(c C, saved []checkpoint.Tensor, steps int) (trainee, error)
	load     func(C, []checkpoint.Tensor) (sampled, error)
	// sampling returns a sampler of the model with other settings than its own; it refuses
	// what does not apply. nfe is the number of network evaluations a sample takes.
	sampling func(m sampled, c C, f samplingFlags) (s genlab.Sampler, nfe int, err error)
	pictures func(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) // besides the common ones

	// What a family may leave out.

	most        int                           // coordinates that it takes; 0 for any number
	takes       func(*datasets.Dataset) error // nil for data it learns; the error says what it does learn: "it learns films, as bounce's"
	on          string                        // the data set that it learns where none is named, "" for 8gaussians
	draws       int                           // samples that a training is measured with, 0 for evalSamples
	prompted    bool                          // such a model draws points given a prompt, and corrects them
	anyView     bool                          // pictures are of points of any number of coordinates
	conditional func(C) bool                  // whether such a model learns from the labels of the data, and draws given one

	adapt   func(c *C, data string)                                                   // sets the defaults for this data
	data    func(name string, c C) (material, error)                                  // in place of a data set of points
	beginOn func(c C, m material, seed uint64) (trainee, error)                       // in place of begin
	remarks func(m sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) // on a likelihood, and a line for the summary
}

// samplingFlags are the choices at sampling time; the zero value is the model's own.
type samplingFlags struct {
	Sampler string   `help:"Sampler of a diffusion run: ddim, ddpm, heun, dpmsolver2m or dpmsolver3m."`
	NFE     *int     `help:"Network evaluations of a sample, at least 1."`
	Eta     *float64 `help:"Noise of DDIM in [0, 1]."`
	Spacing string   `help:"Times of the steps: auto, time, trailing, quadratic, threehalves, shifted, logsnr or karras."`
	Label   string   `help:"Points of this label alone, by number or name; of a conditional run."`
	// Guidance is for diffusion alone, and for labels alone.
	Guidance *float64 `help:"Guidance towards the label, in [0, 100]: 1 is none, more is surer of the label and less varied."`
	// Refine is for prompts alone.
	Refine *int `placeholder:"N" help:"Correct the points that do not fit the prompt, in the evaluations of at most so many pictures more; of a captioned run."`
	textFlags

	label *int // the number of Label, in a conditional run
}

// textFlags are those of a model of text.
type textFlags struct {
	Prompt      *string  `help:"What the text begins with, or what points to draw, as \"two points upper left\"."`
	Temperature *float64 `help:"Divides the logits, at least 0; 0 takes the likeliest character."`
	TopK        *int     `name:"top-k" help:"Draw among this many of the likeliest characters, 0 for all."`
}

// picture is a file that a run is illustrated with.
type picture struct {
	name string
	data []byte
}

// opened is a finished or interrupted run, ready to be sampled.
type opened struct {
	dir         *rundir.Dir
	model, data string
	seed        uint64
	step        int
	sampled     sampled
	draw        func(samplingFlags) (genlab.Sampler, int, error)
	pictures    func(*datasets.Dataset) ([]picture, error)
	anyView     bool // pictures takes data with a view
	remarks     func(*datasets.Dataset) ([]likelihood, string)
	subject     func() (material, error)
}

// paradigm is a family whose Config's type is out of sight.
type paradigm interface {
	modelName() string
	fields() []config.Field
	open(d *rundir.Dir) (*opened, error)

	// What a comparison asks.

	home() string // the data set of its own, "" where it has none
	learns(data string) (material, error)
	planned(data string, seed uint64, size sizing) (config []byte, steps int, err error)
	batch() int
	size(data string) (params int, err error)
	count(hidden int, data string, m material) (params int, err error)
}

func (f *family[C]) modelName() string { return f.name }

func (f *family[C]) home() string { return f.on }

// preset returns the defaults for some data, "" for the default's.
func (f *family[C]) preset(smoke bool, data string) settings[C] {
	s := settings[C]{Model: f.name, Data: cmp.Or(data, f.on, "8gaussians"), Seed: 1, Config: f.defaults()}
	if f.adapt != nil {
		f.adapt(&s.Config, s.Data)
	}
	if smoke {
		f.smoke(&s.Config)
	}
	return s
}

// refuse says which flags of prompts do not apply to a model of points.
func (f *family[C]) refuse(flags samplingFlags, path string) error {
	switch {
	case flags.Temperature != nil || flags.TopK != nil || flags.Prompt != nil && !f.prompted:
		return usagef("--prompt, --temperature and --top-k belong to text, and --prompt to captioned runs; %s holds a %s model of points", path, f.name)
	case flags.Refine != nil && !f.prompted:
		return usagef("--refine belongs to captioned runs, and %s holds a %s model", path, f.name)
	}
	return nil
}

func (f *family[C]) fields() []config.Field {
	s := f.preset(false, "")
	return config.Fields(&s)
}

// read returns the settings of a run directory.
func (f *family[C]) read(d *rundir.Dir) (settings[C], error) {
	s := f.preset(false, "")
	b, err := d.ReadConfig()
	if err != nil {
		return s, err
	}
	if err := config.DecodeYAML(d.Path(rundir.ConfigFile), b, &s); err != nil {
		return s, err
	}
	if s.Model != f.name {
		return s, usagef("%s holds a run of %s, not of %s", d.Path(""), s.Model, f.name)
	}
	return s, s.Config.Validate()
}

// checkpoint loads a run's checkpoint and makes sure that it belongs to its settings.
func (f *family[C]) checkpoint(d *rundir.Dir, s settings[C]) (*rundir.Checkpoint, error) {
	c, err := d.Load()
	if err != nil {
		return nil, err
	}
	corrupt := func(reason string) error {
		return &rundir.CorruptError{Path: d.Path(rundir.CheckpointFile), Reason: reason}
	}
	if c.Model != f.name {
		return nil, corrupt(fmt.Sprintf("it is a checkpoint of %s, and the run is of %s", c.Model, f.name))
	}
	saved := f.preset(false, "")
	if err := config.DecodeYAML("the checkpoint's configuration", c.Config, &saved); err != nil {
		return nil, corrupt(err.Error())
	}
	if key := differing(&saved, &s); key != "" {
		return nil, corrupt(fmt.Sprintf("it was made with another %s than %s says", key, d.Path(rundir.ConfigFile)))
	}
	return c, nil
}

// differing returns the first key at which two settings differ, "" if none does.
func differing(a, b any) string {
	fb := config.Fields(b)
	for i, fa := range config.Fields(a) {
		if fa.Value.Interface() != fb[i].Value.Interface() {
			return fa.Key
		}
	}
	return ""
}

func (f *family[C]) open(d *rundir.Dir) (*opened, error) {
	s, err := f.read(d)
	if err != nil {
		return nil, err
	}
	c, err := f.checkpoint(d, s)
	if err != nil {
		return nil, err
	}
	m, err := f.load(s.Config, c.Tensors)
	if err != nil {
		return nil, &rundir.CorruptError{Path: d.Path(rundir.CheckpointFile), Reason: err.Error(), Err: err}
	}
	return &opened{
		dir: d, model: s.Model, data: s.Data, seed: s.Seed, step: c.Step, sampled: m,
		draw: func(flags samplingFlags) (genlab.Sampler, int, error) {
			if err := f.refuse(flags, d.Path("")); err != nil {
				return nil, 0, err
			}
			if flags.Label == "" {
				return f.sampling(m, s.Config, flags)
			}
			if f.conditional == nil || !f.conditional(s.Config) {
				return nil, 0, usagef("--label needs a run that was trained with --conditional, and %s was not", d.Path(""))
			}
			ds, err := datasets.ByName(s.Data)
			if err != nil {
				return nil, 0, inputError(err)
			}
			label, err := ds.Label(flags.Label)
			if err != nil {
				return nil, 0, usagef("--label: %w", err)
			}
			flags.Label, flags.label = "", &label
			return f.sampling(m, s.Config, flags)
		},
		subject: func() (material, error) { return f.subject(s) },
		remarks: func(ds *datasets.Dataset) ([]likelihood, string) {
			if f.remarks == nil {
				return nil, ""
			}
			return f.remarks(m, ds, s.Seed)
		},
		anyView: f.anyView,
		pictures: func(ds *datasets.Dataset) ([]picture, error) {
			return f.pictures(m, ds, s.Seed)
		},
	}, nil
}

// openRun opens a run directory of any model for reading.
func openRun(path string) (*opened, error) {
	d, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	p, err := paradigmOf(d)
	if err != nil {
		return nil, err
	}
	return p.open(d)
}

// override writes what the layers above the defaults say: the file, the environment, the
// flags that were given.
func override(s any, file string, environ func(string) (string, bool), flags []*kong.Path) error {
	if file != "" {
		if err := config.ReadYAML(file, s); err != nil {
			return err
		}
	}
	if err := config.Env("GENLAB_", environ, s); err != nil {
		return err
	}
	fields := config.Fields(s)
	for _, p := range flags {
		if p.Flag == nil {
			continue
		}
		if i := slices.IndexFunc(fields, func(f config.Field) bool { return f.Key == p.Flag.Name }); i >= 0 {
			fields[i].Value.Set(p.Flag.Target)
		}
	}
	return nil
}
