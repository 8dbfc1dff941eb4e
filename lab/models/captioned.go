package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Captioned is the diffusion model conditioned on a language model's reading of a prompt.
var Captioned = registry.Spec[hybrid.CaptionedConfig]{
	Info: registry.Info{
		Name: "captioned", Summary: "Diffusion model conditioned on a language model's reading of a prompt.",
		Role: registry.Hybrid, Likelihood: "none", Data: "captions", Colour: plot.Orange, Marker: plot.Plus,
	},
	Defaults: hybrid.DefaultCaptioned,
	Tiny: func(c *hybrid.CaptionedConfig) {
		Diffusion.Tiny(&c.Points)
		c.TextSteps = 60
	},
	Loop: func(c hybrid.CaptionedConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Points.Batch}
	},
	Task: func(_ hybrid.CaptionedConfig, data string) (registry.Task, error) {
		if _, err := registry.FindPoints("captioned", data, false, 0); err != nil {
			return nil, err
		}
		if data != "captions" {
			return nil, usage.Errorf("captioned does not take %s: it learns points with prompts; use --data captions", data)
		}
		return points("captioned", data, true, 0)
	},
	New: onPoints(func(c hybrid.CaptionedConfig, scale standardize.Map, _ int, rng *rand.Rand) (registry.Trainer, error) {
		return hybrid.NewCaptioned(c, datasets.Prompts(), scale, rng)
	}),
	Resume: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor, steps int) (registry.Trainer, error) {
		return hybrid.ResumeCaptioned(c, datasets.Prompts(), saved, steps)
	},
	Load: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadCaptioned(c, datasets.Prompts(), saved)
		return captionedRun{m}, err
	},
}

// captionedRun is a trained model of points with prompts.
type captionedRun struct{ *hybrid.CaptionedModel }

// Unwrap returns the model of the library.
func (r captionedRun) Unwrap() *hybrid.CaptionedModel { return r.CaptionedModel }

// With samples points for a prompt, or for all prompts of the training.
func (r captionedRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a captioned model samples points", registry.SolverFlags, registry.LabelFlags, "--prompt --refine"); err != nil {
		return nil, 0, err
	}
	p, err := o.Products()
	if err != nil {
		return nil, 0, err
	}
	r.CaptionedModel = r.WithPrecision(p)
	prompt := o.Prompt
	if o.Class != nil {
		if prompt != nil {
			return nil, 0, usage.Errorf("--label selects the prompt of a caption: give either --label or --prompt")
		}
		of := datasets.Captions()[*o.Class].String()
		prompt = &of
	}
	how, err := solver(r.Points.Config(), o)
	if err != nil {
		return nil, 0, err
	}
	if prompt == nil {
		if o.Guidance != nil || o.Refine != nil {
			return nil, 0, usage.Errorf("--guidance and --refine need a prompt: add --prompt")
		}
		return ofAnyPrompt{r.CaptionedModel, how}, how.NFE, nil
	}
	given, err := r.Given(*prompt)
	if err != nil {
		return nil, 0, usage.Error{Err: err}
	}
	given = given.With(how)
	if o.Refine == nil {
		return diffusionGiven{given, given.ProbabilityFlow()}, given.NetworkEvaluations(), nil
	}
	asked, err := datasets.ParseCaption(*prompt)
	switch {
	case err != nil:
		return nil, 0, usage.Errorf("--refine needs a prompt with a count and a place: %w", err)
	case *o.Refine < 1 || *o.Refine > 1000:
		return nil, 0, usage.Errorf("--refine is %d, but must be 1 to 1000", *o.Refine)
	}
	return refined{Refinement(given, asked), *o.Refine}, given.NetworkEvaluations(), nil
}

// ofAnyPrompt samples a captioned model over all prompts, with the settings how.
type ofAnyPrompt struct {
	*hybrid.CaptionedModel
	how diffusion.Config
}

// Sample implements [genlab.Sampler].
func (q ofAnyPrompt) Sample(n int, rng *rand.Rand) *mat.Dense { return q.SampleWith(q.how, n, rng) }

// refined samples a picture and corrects it.
type refined struct {
	hybrid.Refinement
	pictures int // whose evaluations the correction may take
}

// Sample draws one picture of n points.
func (r refined) Sample(n int, rng *rand.Rand) *mat.Dense {
	first := r.Pictures(1, n, rng)
	return r.Correct(first, r.pictures*first[0].Evaluations, rng)[0].Points
}

func (r refined) String() string {
	return fmt.Sprintf("%v, corrected with up to %d times as many further evaluations", r.Model, r.pictures)
}

// scoredPictures is the number of pictures per caption in an evaluation.
const scoredPictures = 12

// Report implements [registry.Reporter]: the scores of all ways to sample a picture.
func (r captionedRun) Report(_ *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	ways, err := ScorePictures(r.CaptionedModel, r.Points.Config().NFE, scoredPictures, seed)
	if err != nil {
		panic(err) // these prompts are the grammar's
	}
	truth := ways[0]
	var rows []metrics.Row
	for _, w := range ways[1:] {
		for _, held := range []bool{false, true} {
			name := strings.ReplaceAll(w.Name, " ", "_")
			if name += "_seen"; held {
				name = strings.TrimSuffix(name, "_seen") + "_held_out"
			}
			got, oracle := w.Of(held), truth.Of(held)
			add := func(what string, share, of float64, n int) {
				se := math.Sqrt(max(0, share*(1-share)) / float64(n))
				rows = append(rows, metrics.Estimate{Value: share, SE: se, N: n}.Row(name+"_"+what, of, "", "higher"))
			}
			add("right", got.Right, oracle.Right, got.Pictures)
			add("likeliest", got.Likeliest, oracle.Likeliest, got.Pictures)
			add("on_target", got.OnTarget, oracle.OnTarget, got.Pictures*PicturePoints)
			passes := metrics.Estimate{Value: got.Passes, SE: math.NaN(), N: got.Pictures}
			rows = append(rows, passes.Row(name+"_passes", math.NaN(), "", "lower"))
		}
	}
	return rows, fmt.Sprintf("Pictures have %d points; right: the recognised count and position match the prompt; held_out: prompts that were not in the training data.", PicturePoints)
}

// Pictures draws samples for each prompt.
func (r captionedRun) Pictures(_ *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	png, err := PromptPictures(r.CaptionedModel, seed)
	return []registry.Picture{{Name: "prompts.png", Data: png}}, err
}
