// Package captioned puts a hybrid to the test that reads a prompt and draws it: on prompts that it has
// never seen, and with a loop that reads its pictures back and corrects them.
package captioned

import (
	"context"
	"fmt"
	"strings"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "captioned",
	Claim: "A diffusion model in the context of what a language model says of a prompt draws what the prompt asks for, also in combinations of words that neither has seen.",
	Test: "captions, of whose 27 prompts 5 are held out; language and diffusion models of the default configuration of captioned, and for comparison without a frame, and with the " +
		"states of whole prompts: their mean, or the last. Of 40 pictures of 48 points for each prompt: the share whose count and place are read back right, by their groups, and by the likeliest law; the " +
		"share of points within 3 standard deviations of a centre of the prompt's law; the same for pictures of a random other prompt. Then in 20 and in 5 evaluations a point: pictures whose points that do not fit " +
		"are corrected, against the best of 4, both in the evaluations of up to 4 pictures.",
	Criterion: "Over the seeds count and place are right in at least 0.95 of the pictures of seen prompts and 0.85 of held-out ones, and in less than 0.10 of those of random prompts. " +
		"The answer says of corrections whether they beat the best of 4: that the difference of the shares right, or of the points on target, is above 0 by its interval over the seeds.",
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		right := func(held bool) experiment.Figure { return r.Of(name("right", models.Once, held, ""), "") }
		gain := func(of string) experiment.Figure { return r.Of(name("right", over, true, of), "") }
		return fmt.Sprintf("count and place right: %v of pictures of seen prompts, %v of held-out ones; corrections over the best of 4, held out: %v, %v %s",
			right(false), right(true), gain(""), gain(few), few)
	},
	Run: run,
}

// Goals for the shares that are right.
const (
	leastSeen  = 0.95
	leastHeld  = 0.85
	mostRandom = 0.10
)

// fewEvaluations are those of a point in pictures that are often wrong.
const fewEvaluations = 5

// variant is a model that the default one is compared with.
type variant struct {
	name   string
	change func(*hybrid.CaptionedConfig)
}

var variants = []variant{
	{"", func(*hybrid.CaptionedConfig) {}},
	{"without a frame", func(c *hybrid.CaptionedConfig) { c.Shapes = 0 }},
	{"mean of the prompt's states", func(c *hybrid.CaptionedConfig) { c.Pooling = hybrid.Mean }},
	{"last state of the prompt", func(c *hybrid.CaptionedConfig) { c.Pooling = hybrid.Last }},
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	ds, err := datasets.ByName("captions")
	if err != nil {
		return nil, err
	}
	r := new(experiment.Result)
	cfg := experiment.Config(s, &models.Captioned)
	if err := r.Use("captioned", &cfg); err != nil {
		return nil, err
	}
	for _, v := range variants {
		c := cfg
		v.change(&c)
		for i, seed := range s.Seeds {
			m, seconds, err := experiment.Train[*hybrid.CaptionedModel](ctx, s, &models.Captioned, c, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			if err := measure(r, s, m, v.name, v.name == "", c.Points.NFE, seed); err != nil {
				return nil, err
			}
			if v.name != "" {
				continue
			}
			r.Put("training of both", "", "s", seconds)
			if err := measure(r, s, m, few, true, fewEvaluations, seed); err != nil {
				return nil, err
			}
			if i == 0 {
				png, err := models.PromptPictures(m, seed)
				if err != nil {
					return nil, err
				}
				r.Pictures = []experiment.Picture{{Name: "prompts.png", Shows: "a picture of each of the 27 prompts lies on the law that it describes, also of those never seen", PNG: png}}
			}
		}
	}
	return conclude(r), nil
}

// few marks figures of few evaluations.
var few = fmt.Sprintf("in %d evaluations", fewEvaluations)

// name is that of a figure of a way to draw, of a variant.
func name(what, way string, held bool, of string) string {
	parts := []string{what, way, "seen"}
	if held {
		parts[2] = "held out"
	}
	if of != "" {
		parts = append(parts, of)
	}
	return strings.Join(parts, ", ")
}

// over names the difference of corrections and their control.
const over = models.Corrected + " over " + models.BestOf4

// measure puts a seed's scores of a model in so many evaluations; all is said of the default one.
func measure(r *experiment.Result, s experiment.Setup, m *hybrid.CaptionedModel, of string, all bool, evaluations int, seed uint64) error {
	ways, err := models.ScorePictures(m, evaluations, s.Scale(40, 2), seed)
	if err != nil {
		return err
	}
	for _, held := range []bool{false, true} {
		scores := map[string]*models.Score{}
		for i := range ways {
			w := ways[i].Name
			q := ways[i].Of(held)
			scores[w] = q
			if !all && (w == models.Truth || w == models.Shuffled) {
				continue
			}
			r.Put(name("right", w, held, of), "", "", q.Right)
			r.Put(name("likeliest", w, held, of), "", "", q.Likeliest)
			r.Put(name("points on target", w, held, of), "", "", q.OnTarget)
			if w == models.Shuffled || !all {
				continue
			}
			r.Put(name("mode TV", w, held, of), "", "", q.ModeTV)
			if w != models.Truth {
				r.Put(name("passes a point", w, held, of), "", "", q.Passes)
			}
		}
		r.Put(name("right", over, held, of), "", "", scores[models.Corrected].Right-scores[models.BestOf4].Right)
		r.Put(name("points on target", over, held, of), "", "", scores[models.Corrected].OnTarget-scores[models.BestOf4].OnTarget)
		q := scores[models.Once]
		s.Log("seed %d, %s: right %.3f, points on target %.3f", seed, name("pictures", models.Once, held, of), q.Right, q.OnTarget)
	}
	return nil
}

// conclude sets Shown and Answer.
func conclude(r *experiment.Result) *experiment.Result {
	right := func(way string, held bool, of string) experiment.Figure {
		return r.Of(name("right", way, held, of), "")
	}
	r.Shown = float64(right(models.Once, false, "").Mean) >= leastSeen && float64(right(models.Once, true, "").Mean) >= leastHeld &&
		float64(right(models.Shuffled, false, "").Mean) < mostRandom && float64(right(models.Shuffled, true, "").Mean) < mostRandom
	var others []string
	for _, v := range variants[1:] {
		others = append(others, fmt.Sprintf("%v %s", right(models.Once, true, v.name), v.name))
	}
	lines := []string{fmt.Sprintf("Right are %v of the pictures of seen prompts and %v of held-out ones (of the truth's own %v), and %v of those of random prompts; of held-out ones in other models %s",
		right(models.Once, false, ""), right(models.Once, true, ""), right(models.Truth, false, ""), right(models.Shuffled, false, ""), strings.Join(others, ", "))}
	for _, of := range []string{"", few} {
		for _, held := range []bool{false, true} {
			lines = append(lines, refinement(r, held, of))
		}
	}
	r.Answer = strings.Join(lines, ". ") + "."
	return r
}

// refinement says whether corrections beat the best of 4.
func refinement(r *experiment.Result, held bool, of string) string {
	prompts, verdict := "seen prompts", "do not beat"
	if held {
		prompts = "held-out prompts"
	}
	if of != "" {
		prompts += " " + of
	}
	share, points := r.Of(name("right", over, held, of), ""), r.Of(name("points on target", over, held, of), "")
	if share.Mean > share.Half || points.Mean > points.Half {
		verdict = "beat"
	}
	way := func(what, way string) experiment.Figure { return r.Of(name(what, way, held, of), "") }
	return fmt.Sprintf("On %s corrections %s the best of 4: %v more pictures right and %v more points on target, for %v passes a point against %v, with a mode TV of %v against %v",
		prompts, verdict, share, points, way("passes a point", models.Corrected), way("passes a point", models.BestOf4), way("mode TV", models.Corrected), way("mode TV", models.BestOf4))
}
