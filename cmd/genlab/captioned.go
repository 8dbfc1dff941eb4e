package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/experiments/captioned"
	"genlab/hybrid"
	"genlab/train"
)

var captionedFamily = family[hybrid.CaptionedConfig]{
	name:     "captioned",
	on:       "captions",
	prompted: true,
	defaults: hybrid.DefaultCaptioned,
	smoke: func(c *hybrid.CaptionedConfig) {
		diffusionFamily.smoke(&c.Points)
		c.TextSteps = 60
	},
	loop: func(c hybrid.CaptionedConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Points.Batch}
	},
	takes: func(ds *datasets.Dataset) error {
		if ds.Name != "captions" {
			return errors.New("it learns points with prompts, as those of captions")
		}
		return nil
	},
	beginOn: func(c hybrid.CaptionedConfig, m material, seed uint64) (trainee, error) {
		scale, err := m.(plane).scale(seed)
		if err != nil {
			return nil, err
		}
		return hybrid.NewCaptioned(c, datasets.Prompts(), scale, train.NewStream(seed, "init").Rand)
	},
	conditional: func(hybrid.CaptionedConfig) bool { return true },
	resume: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeCaptioned(c, datasets.Prompts(), saved, steps)
	},
	load: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadCaptioned(c, datasets.Prompts(), saved)
	},
	sampling: captionedSampling,
	remarks:  captionedRemarks,
	pictures: captionedPictures,
}

// captionedSampling is the model's sampling of a prompt, or of all that it has learned from.
func captionedSampling(m sampled, c hybrid.CaptionedConfig, f samplingFlags) (genlab.Sampler, int, error) {
	q := m.(*hybrid.CaptionedModel)
	prompt := f.Prompt
	if f.label != nil {
		if prompt != nil {
			return nil, 0, usagef("--label is the prompt of a caption: give that or --prompt")
		}
		of := datasets.Captions()[*f.label].String()
		prompt = &of
	}
	how, err := f.change(c.Points)
	if err != nil {
		return nil, 0, err
	}
	if prompt == nil {
		if f.Guidance != nil || f.Refine != nil {
			return nil, 0, usagef("--guidance and --refine are towards a prompt: add --prompt")
		}
		return ofAnyPrompt{q, how}, how.NFE, nil
	}
	given, err := q.Given(*prompt)
	if err != nil {
		return nil, 0, usageError{err}
	}
	given = given.With(how)
	if f.Refine == nil {
		return diffusionLabel{given, given.Flow()}, given.Passes(), nil
	}
	asked, err := datasets.ParseCaption(*prompt)
	switch {
	case err != nil:
		return nil, 0, usagef("--refine checks count and place, which it must find in the prompt: %w", err)
	case *f.Refine < 1 || *f.Refine > 1000:
		return nil, 0, usagef("--refine is %d, but must be 1 to 1000", *f.Refine)
	}
	return refined{captioned.Refinement(given, asked), *f.Refine}, given.Passes(), nil
}

// ofAnyPrompt is a captioned model sampled in some way.
type ofAnyPrompt struct {
	*hybrid.CaptionedModel
	how diffusion.Config
}

// Sample implements genlab.Sampler.
func (q ofAnyPrompt) Sample(n int, rng *rand.Rand) *mat.Dense { return q.SampleWith(q.how, n, rng) }

// refined draws a picture and corrects it.
type refined struct {
	hybrid.Refinement
	pictures int // whose evaluations that may take
}

// Sample draws one picture of n points.
func (r refined) Sample(n int, rng *rand.Rand) *mat.Dense {
	first := r.Begin(1, n, rng)
	return r.Correct(first, r.pictures*first[0].Passes, rng)[0].Picture
}

func (r refined) String() string {
	return fmt.Sprintf("%v, corrected in at most %d times as many evaluations more", r.Draw, r.pictures)
}

// shownPictures is the number of pictures of each caption that a run is measured with.
const shownPictures = 12

// captionedRemarks are the scores of all ways to draw a picture.
func captionedRemarks(s sampled, _ *datasets.Dataset, seed uint64) ([]likelihood, string) {
	m := s.(*hybrid.CaptionedModel)
	ways, err := captioned.Measure(m, m.Points.Config().NFE, shownPictures, seed)
	if err != nil {
		panic(err) // these prompts are the grammar's
	}
	truth := ways[0]
	var rows []likelihood
	for _, w := range ways[1:] {
		for _, held := range []bool{false, true} {
			name := strings.ReplaceAll(w.Name, " ", "_")
			if name += "_seen"; held {
				name = strings.TrimSuffix(name, "_seen") + "_held_out"
			}
			got, oracle := w.Of(held), truth.Of(held)
			add := func(what string, share, of float64, n int) {
				se := math.Sqrt(max(0, share*(1-share)) / float64(n))
				rows = append(rows, likelihood{name + "_" + what, figure{number(share), number(se), number(of), n, "", "higher"}})
			}
			add("right", got.Right, oracle.Right, got.Pictures)
			add("likeliest", got.Likeliest, oracle.Likeliest, got.Pictures)
			add("on_target", got.OnTarget, oracle.OnTarget, got.Pictures*captioned.PicturePoints)
			none := number(math.NaN())
			rows = append(rows, likelihood{name + "_passes", figure{number(got.Passes), none, none, got.Pictures, "", "lower"}})
		}
	}
	return rows, fmt.Sprintf("Pictures are of %d points; right: read back with the count and the place of the prompt. held_out: of prompts never seen.", captioned.PicturePoints)
}

// captionedPictures are a picture of each prompt.
func captionedPictures(s sampled, _ *datasets.Dataset, seed uint64) ([]picture, error) {
	png, err := captioned.Picture(s.(*hybrid.CaptionedModel), seed)
	return []picture{{"prompts.png", png}}, err
}
