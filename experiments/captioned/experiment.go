// Package captioned puts a hybrid to the test that reads a prompt and draws it: on prompts that it has
// never seen, and with a loop that reads its pictures back and corrects them.
package captioned

import (
	"context"
	"fmt"
	"strings"

	"genlab/datasets"
	"genlab/experiments"
	"genlab/hybrid"
)

// Experiment is the claim and its test.
var Experiment = experiments.Experiment{
	Name:  "captioned",
	Claim: "A diffusion model in the context of what a language model says of a prompt draws what the prompt asks for, also in combinations of words that neither has seen.",
	Test: "captions, of whose 27 prompts 5 are held out; language and diffusion models of the default configuration of captioned, and for comparison without a frame, and with the " +
		"states of whole prompts: their mean, or the last. Of 40 pictures of 48 points for each prompt: the share whose count and place are read back right, by their groups, and by the likeliest law; the " +
		"share of points within 3 standard deviations of a centre of the prompt's law; the same for pictures of a random other prompt. Then in 20 and in 5 evaluations a point: pictures whose points that do not fit " +
		"are corrected, against the best of 2 and of 4, which may take as many evaluations or more.",
	Criterion: "Over the seeds count and place are right in at least 0.95 of the pictures of seen prompts and 0.85 of held-out ones, and in less than 0.10 of those of random prompts. " +
		"The answer says of corrections whether they beat the best of 4: that the difference of the shares right, or of the points on target, is above 0 by its interval over the seeds.",
	Seeds: 3,
	Run:   run,
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

func run(ctx context.Context, s experiments.Setup) (*experiments.Result, error) {
	ds, err := datasets.ByName("captions")
	if err != nil {
		return nil, err
	}
	if ds, err = experiments.WithLabels(ds); err != nil {
		return nil, err
	}
	r := new(experiments.Result)
	cfg := experiments.Captioned.Config(s)
	if err := r.Use("captioned", &cfg); err != nil {
		return nil, err
	}
	for _, v := range variants {
		c := cfg
		v.change(&c)
		for i, seed := range s.Seeds {
			m, seconds, err := experiments.Captioned.Train(ctx, s, c, ds, seed)
			if err != nil {
				return nil, err
			}
			if err := measure(r, s, m, v.name, c.Points.NFE, seed); err != nil {
				return nil, err
			}
			if v.name != "" {
				continue
			}
			r.Put("training of both", "", "s", seconds)
			if err := measure(r, s, m, few, fewEvaluations, seed); err != nil {
				return nil, err
			}
			if i == 0 {
				png, err := Picture(m, seed)
				if err != nil {
					return nil, err
				}
				r.Pictures = []experiments.Picture{{Name: "prompts.png", Shows: "a picture of each of the 27 prompts lies on the law that it describes, also of those never seen", PNG: png}}
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
func over(extra int) string { return fmt.Sprintf("%s over %s", Corrected(extra), BestOf(extra)) }

// measure puts a seed's scores.
func measure(r *experiments.Result, s experiments.Setup, m *hybrid.CaptionedModel, of string, evaluations int, seed uint64) error {
	ways, err := Measure(m, evaluations, s.Scale(40, 2), seed)
	if err != nil {
		return err
	}
	scores := map[string]*Way{}
	for i := range ways {
		scores[ways[i].Name] = &ways[i]
	}
	for _, held := range []bool{false, true} {
		for _, w := range ways {
			q := w.Of(held)
			r.Put(name("right", w.Name, held, of), "", "", q.Right)
			r.Put(name("likeliest", w.Name, held, of), "", "", q.Likeliest)
			r.Put(name("points on target", w.Name, held, of), "", "", q.OnTarget)
			if w.Name != Shuffled {
				r.Put(name("mode TV", w.Name, held, of), "", "", q.ModeTV)
			}
			if w.Name != Truth {
				r.Put(name("passes a point", w.Name, held, of), "", "", q.Passes)
			}
		}
		for _, extra := range Extra {
			a, b := scores[Corrected(extra)].Of(held), scores[BestOf(extra)].Of(held)
			r.Put(name("right", over(extra), held, of), "", "", a.Right-b.Right)
			r.Put(name("points on target", over(extra), held, of), "", "", a.OnTarget-b.OnTarget)
		}
		q := scores[Once].Of(held)
		s.Log("seed %d, %s: right %.3f, points on target %.3f", seed, name("once", "", held, of), q.Right, q.OnTarget)
	}
	return nil
}

// conclude sets Shown and Answer.
func conclude(r *experiments.Result) *experiments.Result {
	right := func(way string, held bool, of string) experiments.Figure {
		return r.Of(name("right", way, held, of), "")
	}
	r.Shown = float64(right(Once, false, "").Mean) >= leastSeen && float64(right(Once, true, "").Mean) >= leastHeld &&
		float64(right(Shuffled, false, "").Mean) < mostRandom && float64(right(Shuffled, true, "").Mean) < mostRandom
	var others []string
	for _, v := range variants[1:] {
		others = append(others, fmt.Sprintf("%v %s", right(Once, true, v.name), v.name))
	}
	lines := []string{fmt.Sprintf("Right are %v of the pictures of seen prompts and %v of held-out ones (the truth's own: %v), of random prompts %v; held out, %s",
		right(Once, false, ""), right(Once, true, ""), right(Truth, false, ""), right(Shuffled, false, ""), strings.Join(others, ", "))}
	extra := Extra[len(Extra)-1]
	for _, of := range []string{"", few} {
		for _, held := range []bool{false, true} {
			share, points := r.Of(name("right", over(extra), held, of), ""), r.Of(name("points on target", over(extra), held, of), "")
			verdict := "corrections do not beat the best of 4"
			if share.Mean > share.Half || points.Mean > points.Half {
				verdict = "corrections beat the best of 4"
			}
			passes := func(way string) experiments.Figure { return r.Of(name("passes a point", way, held, of), "") }
			lines = append(lines, fmt.Sprintf("%s: %s, by %v of the pictures right and %v of the points on target, in %v passes a point against %v",
				name("Prompts", "pictures", held, of), verdict, share, points, passes(Corrected(extra)), passes(BestOf(extra))))
		}
	}
	r.Answer = strings.Join(lines, ". ") + "."
	return r
}
