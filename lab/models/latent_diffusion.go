package models

import (
	"fmt"
	"maps"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
	"genlab/vae"
)

// LatentDiffusion is the diffusion model in the latent space of an autoencoder.
var LatentDiffusion = registry.Spec[hybrid.LatentConfig]{
	Info: registry.Info{
		Name: "latent-diffusion", Summary: "Diffusion model in the latent space of an autoencoder.",
		Role: registry.Hybrid, Likelihood: "none", Colour: plot.Blue, Marker: plot.HollowTriangle,
		Constants: both(vae.Constants(), hybrid.ConsistencyConstants()),
	},
	Defaults: func() hybrid.LatentConfig { return hybrid.DefaultLatent(2) },
	Tiny: func(c *hybrid.LatentConfig) {
		Diffusion.Tiny(&c.Latents.Teacher)
		c.AutoencoderSteps, c.AutoencoderHidden, c.Latents.StudentSteps = 150, 64, min(c.Latents.StudentSteps, 100)
	},
	Adapt: func(c *hybrid.LatentConfig, data string) {
		if ds, err := datasets.ByName(data); err == nil {
			*c = hybrid.DefaultLatent(ds.Dim())
			if len(ds.Labels) == 0 {
				c.Latents.Teacher.Conditional, c.Latents.Teacher.Guidance = false, 1
			}
		}
	},
	Loop: func(c hybrid.LatentConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Latents.Teacher.Batch}
	},
	Task: func(c hybrid.LatentConfig, data string) (registry.Task, error) {
		return points("latent-diffusion", data, c.Latents.Teacher.Conditional, 0)
	},
	New:    onPoints(conditional(hybrid.NewLatentDiffusion, identity)),
	Resume: resume(hybrid.ResumeLatentDiffusion),
	Load: func(c hybrid.LatentConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadLatentDiffusion(c, saved)
		return latentDiffusionRun{m}, err
	},
}

// both returns the constants of a model of two parts.
func both(a, b map[string]float64) map[string]float64 {
	maps.Copy(a, b)
	return a
}

// latentDiffusionRun is a trained decoder with its diffusion model.
type latentDiffusionRun struct{ *hybrid.LatentDiffusionModel }

// Unwrap returns the model of the library.
func (r latentDiffusionRun) Unwrap() *hybrid.LatentDiffusionModel { return r.LatentDiffusionModel }

// With samples latent points under the options and decodes them. Sampler options select the diffusion model even
// where it has a consistency model.
func (r latentDiffusionRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a latent diffusion model takes no prompt", registry.SolverFlags, registry.LabelFlags); err != nil {
		return nil, 0, err
	}
	p, err := o.Products()
	if err != nil {
		return nil, 0, err
	}
	c := r.Config()
	if r.Latents == nil && o != (registry.Options{}) {
		return nil, 0, usage.Errorf("the diffusion model of this run is not trained yet: continue it with genlab train latent-diffusion --resume")
	}
	if o.Sampler != "" || o.Eta != nil || o.Spacing != "" || o.Guidance != nil {
		c.Latents.StudentSteps = 0
	}
	if c.Latents.StudentSteps > 0 {
		if o.NFE != nil {
			c.Latents.Evaluations = *o.NFE
		}
		if err := c.Validate(); err != nil {
			return nil, 0, usage.Error{Err: err}
		}
	} else {
		if c.Latents.Teacher, err = solver(c.Latents.Teacher, o); err != nil {
			return nil, 0, err
		}
	}
	latents, passes := r.WithPrecision(p).LatentDistribution(c.Latents, o.Context())
	return r.WithLatents(latents), passes + 1, nil
}

// reconstructedSamples is the number of points of the reconstruction rows.
const reconstructedSamples = 10000

// Report implements [registry.Reporter]: the metrics of reconstructed points, which limit those of the samples, and
// the FLOPs per sample.
func (r latentDiffusionRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	rng := train.NewStream(seed, "rebuilt").Rand
	parts := ds.Disjoint(rng, reconstructedSamples, reconstructedSamples, reconstructedSamples)
	truth, oracle := parts[1], parts[2]
	rebuilt := r.Reconstruct(parts[0], rng)
	n, _ := oracle.Dims()
	var rows []metrics.Row
	if n >= 2 {
		rows = metrics.Fidelity(ds.Project(rebuilt), ds.Project(truth), ds.Project(oracle), registry.Described(ds))
	}
	if off, ok := registry.OffManifold(ds, rebuilt, oracle); ok {
		rows = append(rows, off)
	}
	for i := range rows {
		rows[i].Name, rows[i].Kind = "rebuilt_"+rows[i].Name, ""
	}
	flops := metrics.Estimate{Value: float64(r.FLOPs()), N: 1}
	return append(rows, flops.Row("flops_per_sample", math.NaN(), "", "lower")),
		fmt.Sprintf("rebuilt: %d points encoded and decoded, the best that any model of the latent points can reach.", n)
}

// AnyView implements [registry.AnyView].
func (latentDiffusionRun) AnyView() {}

// Pictures draws the first two latent coordinates of encoded data next to those of sampled latent points.
func (r latentDiffusionRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	q := r.LatentDiffusionModel
	if q.Latents == nil || q.Decoder.Config().Latent < 2 {
		return nil, nil
	}
	p := vaePainter{q.Decoder, ds, seed}
	latents, _ := q.LatentDistribution(q.Config().Latents, nil)
	x, parts := p.labelled(latentSamples)
	panel := func(title, colour string, z *mat.Dense, parts []int) plot.Panel {
		return plot.Panel{Title: title, Points: z.Slice(0, latentSamples, 0, 2), Labels: parts, Colour: Colour(colour), Axes: [2]string{"z1", "z2"}}
	}
	encoded := panel("encoded data", "vae", p.m.Latents(x, train.NewStream(seed, "latent draws").Rand), parts)
	drawn := panel("sampled latent points", "diffusion", latents.Sample(latentSamples, train.NewStream(seed, "prior").Rand), nil)
	png, err := plot.Compare("Latent space, first two coordinates: "+ds.Name, latentBox, encoded, drawn)
	return []registry.Picture{{Name: "latent.png", Data: png}}, err
}
