// Package steps puts the speed of deterministic sampling to the test: DDIM in 50 steps against DDPM
// in 1000.
package steps

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "steps",
	Claim: "50 steps of DDIM give samples as good as 1000 steps of DDPM, in a twentieth of the time.",
	Test: "A diffusion model of the default configuration for each distribution and seed. 10,000 samples are drawn with DDIM in 50 steps and with DDPM in 1000, the latter in equal steps of time, as published, and in steps that grow shorter to the end, and scored by energy distance, mode TV, and how far the share of high quality departs from the truth's own, which is less than 1; " +
		"the time is that of 1000 points, the median of five draws each, in turn.",
	Criterion: "On every distribution the 95 % intervals of DDIM-50 and of either DDPM-1000 over the seeds overlap in all three, and in every training DDPM takes at least 19 times as long.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("mode TV on 25gaussians %v against %v, high quality %v against %v (the truth: .9889); %.1f × as fast",
			r.Of("mode_tv, "+few.name, "25gaussians"), r.Of("mode_tv, "+many.name, "25gaussians"),
			r.Of(share+", "+few.name, "25gaussians"), r.Of(share+", "+many.name, "25gaussians"), float64(r.Of(slower, "25gaussians").Mean))
	},
	Run: run,
}

var data = []string{"8gaussians", "25gaussians", "checkerboard", "moons"}

// way is a sampler with its steps.
type way struct {
	name        string
	sampler     diffusion.SamplerName
	steps, tiny int // in a full run, and in a smoke run
	spacing     diffusion.TimestepSchedule
}

// few is compared with the others, which are DDPM with equal steps of time, as published, and with
// the steps that suit it best here.
var few, many, best = way{"DDIM-50", "ddim", 50, 5, diffusion.Auto},
	way{"DDPM-1000", "ddpm", 1000, 100, diffusion.UniformTime},
	way{"DDPM-1000 in shorter steps at the end", "ddpm", 1000, 100, diffusion.Auto}

// of is the model sampled in this way.
func (w way) of(m *diffusion.Model, s experiment.Setup) genlab.Sampler {
	c := m.Config()
	c.Sampler, c.NFE, c.Spacing, c.Eta = w.sampler, s.Scale(w.steps, w.tiny), w.spacing, 0
	return m.SamplingWith(c)
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	cfg := experiment.Config(s, &models.Diffusion)
	if err := r.Use("diffusion", &cfg); err != nil {
		return nil, err
	}
	names := data[:s.Scale(len(data), 1)]
	for _, name := range names {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			m, _, err := experiment.Train[*diffusion.Model](ctx, s, &models.Diffusion, cfg, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			if err := measure(ctx, r, s, m, ds, seed); err != nil {
				return nil, err
			}
		}
	}
	r.Shown, r.Answer = answer(r, names)
	return r, nil
}

// measure adds the figures of one training.
func measure(ctx context.Context, r *experiment.Result, s experiment.Setup, m *diffusion.Model, ds *datasets.Dataset, seed uint64) error {
	for _, w := range []way{few, many, best} {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := w.of(m, s).Sample(s.Scale(10000, 300), train.NewStream(seed, "sample").Rand)
		rows := experiment.Score(x, ds, seed)
		for _, metric := range experiment.Quality {
			r.Put(metric+", "+w.name, ds.Name, "", rows[metric].Value)
			if w == best {
				r.Put(metric+", a second sample of the truth", ds.Name, "", rows[metric].Oracle)
			}
		}
		r.Put(departure+", "+w.name, ds.Name, "", math.Abs(rows[share].Value-ds.HighQuality))
		s.Log("%s, seed %d, %s: energy distance %.5f, high quality %.4f, mode TV %.4f",
			ds.Name, seed, w.name, rows["energy_distance"].Value, rows["high_quality"].Value, rows["mode_tv"].Value)
	}
	ratio := compare(many.of(m, s), few.of(m, s), s.Scale(1000, 100), train.NewStream(seed, "timing"))
	r.Put(slower, ds.Name, "×", ratio)
	s.Log("%s, seed %d: DDPM takes %.1f times as long", ds.Name, seed, ratio)
	return nil
}

// share is more than the truth's where samples are too narrow, and less where they are too wide:
// what makes it a quality is its departure.
const (
	share     = "high_quality"
	departure = "departure of high_quality from the truth's"
)

const slower = "time of DDPM-1000 over that of DDIM-50"

// compare is the ratio of the median times of two samplers, that draw n points in turn so that
// both see the same machine.
func compare(slow, fast genlab.Sampler, n int, rng *train.Stream) float64 {
	const rounds = 5
	times := [2][]float64{}
	for range rounds {
		for i, s := range []genlab.Sampler{slow, fast} {
			begun := time.Now()
			s.Sample(n, rng.Rand)
			times[i] = append(times[i], time.Since(begun).Seconds())
		}
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	return times[0][rounds/2] / times[1][rounds/2]
}

// answer says whether the criterion holds, and by which figures.
func answer(r *experiment.Result, names []string) (shown bool, text string) {
	shown = true
	var apart, beside, distances []string
	least := math.Inf(1)
	for _, name := range names {
		for _, slow := range []way{many, best} {
			compare := func(metric string) (overlap bool, parted []string) {
				a, b := r.Of(metric+", "+few.name, name), r.Of(metric+", "+slow.name, name)
				if experiment.Apart(a, b) {
					parted = []string{fmt.Sprintf("%s on %s (%v against %v of %s)", metric, name, a, b, slow.name)}
				}
				return experiment.Overlap(a, b), parted
			}
			for _, metric := range []string{"energy_distance", "mode_tv", departure} {
				overlap, parted := compare(metric)
				shown, apart = shown && overlap, append(apart, parted...)
			}
			_, parted := compare(share)
			beside = append(beside, parted...)
		}
		distances = append(distances, fmt.Sprintf("%s %v against %v", name, r.Of("energy_distance, "+few.name, name), r.Of("energy_distance, "+many.name, name)))
		least = min(least, r.Of(slower, name).Least())
	}
	text = fmt.Sprintf("Energy distance of DDIM-50 against DDPM-1000: %s. DDPM takes at least %.1f times as long.", strings.Join(distances, "; "), least)
	switch {
	case shown:
		text += " All intervals overlap."
	case len(apart) > 0:
		text += " Intervals apart: " + strings.Join(apart, "; ") + "."
	default:
		text += " One seed has no intervals."
	}
	if len(beside) > 0 {
		text += " The bare share of high quality, which is no criterion, lies apart: " + strings.Join(beside, "; ") + "."
	}
	return shown && least >= 19, text
}
