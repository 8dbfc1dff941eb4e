package experiments

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/standardize"
	"genlab/train"
)

// FlowPrior trains VAEs with a flow for their prior, and their control.
var FlowPrior = Paradigm[hybrid.FlowPriorConfig, *hybrid.FlowPrior, hybrid.Sized]{
	Name: "flow-prior", Defaults: hybrid.DefaultFlowPrior,
	Smoke: func(c *hybrid.FlowPriorConfig) {
		VAE.Smoke(&c.VAE)
		c.FlowLayers, c.FlowHidden, c.FlowBins, c.LaterSteps = 2, 16, 8, 20
	},
	Loop: func(c hybrid.FlowPriorConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.VAE.Batch}
	},
	Begin:  begin(hybrid.NewFlowPrior, itself[*hybrid.FlowPrior]),
	Resume: hybrid.ResumeFlowPrior, Load: hybrid.LoadFlowPrior,
}

// Consistency trains diffusion models and their students.
var Consistency = Paradigm[hybrid.ConsistencyConfig, *hybrid.Consistency, *hybrid.ConsistencyModel]{
	Name: "consistency", Defaults: hybrid.DefaultConsistency,
	Smoke: func(c *hybrid.ConsistencyConfig) {
		Diffusion.Smoke(&c.Teacher)
		c.StudentSteps, c.TeacherNFE = 30, 9
	},
	Loop: func(c hybrid.ConsistencyConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Teacher.Batch}
	},
	Begin: func(c hybrid.ConsistencyConfig, x *mat.Dense, rng *rand.Rand) (*hybrid.Consistency, error) {
		return beginLabelled(c.Teacher.Conditional, hybrid.NewConsistency, itself[*hybrid.Consistency])(c, x, rng)
	},
	Resume: hybrid.ResumeConsistency, Load: hybrid.LoadConsistency,
}

// AdversarialDiffusion trains such students and their critics.
var AdversarialDiffusion = Paradigm[hybrid.AdversarialConfig, *hybrid.AdversarialDiffusion, *hybrid.ConsistencyModel]{
	Name: "adversarial-diffusion", Defaults: hybrid.DefaultAdversarial,
	Smoke: func(c *hybrid.AdversarialConfig) {
		Consistency.Smoke(&c.Consistency)
		c.GameSteps, c.CriticHidden, c.CriticLayers = 20, 16, 2
	},
	Loop: func(c hybrid.AdversarialConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Consistency.Teacher.Batch}
	},
	Begin:  begin(hybrid.NewAdversarial, itself[*hybrid.AdversarialDiffusion]),
	Resume: hybrid.ResumeAdversarial, Load: hybrid.LoadAdversarial,
}

// LatentDiffusion trains autoencoders and diffusion models of their latent points, on a data set
// WithLabels where they are conditional. Its defaults are those for data near a plane.
var LatentDiffusion = Paradigm[hybrid.LatentConfig, *hybrid.LatentDiffusion, *hybrid.LatentDiffusionModel]{
	Name: "latent-diffusion", Defaults: func() hybrid.LatentConfig { return hybrid.DefaultLatent(2) },
	Smoke: func(c *hybrid.LatentConfig) {
		Diffusion.Smoke(&c.Latents.Teacher)
		c.AutoencoderSteps, c.AutoencoderBatch, c.AutoencoderHidden, c.Latents.StudentSteps = 40, 64, 32, min(c.Latents.StudentSteps, 20)
	},
	Loop: func(c hybrid.LatentConfig) train.Options {
		return train.Options{Steps: c.TotalSteps(), Batch: c.Latents.Teacher.Batch}
	},
	Begin: func(c hybrid.LatentConfig, x *mat.Dense, rng *rand.Rand) (*hybrid.LatentDiffusion, error) {
		return beginLabelled(c.Latents.Teacher.Conditional, hybrid.NewLatentDiffusion, itself[*hybrid.LatentDiffusion])(c, x, rng)
	},
	Resume: hybrid.ResumeLatentDiffusion, Load: hybrid.LoadLatentDiffusion,
}

// Video trains diffusion models of films.
var Video = Paradigm[hybrid.VideoConfig, *diffusion.Trainer, *diffusion.Model]{
	Name: "video", Defaults: hybrid.DefaultVideo,
	Smoke: func(c *hybrid.VideoConfig) {
		Diffusion.Smoke(&c.Diffusion)
		c.Diffusion.Steps, c.Diffusion.Layers = 5, 1
	},
	Loop: func(c hybrid.VideoConfig) train.Options {
		return train.Options{Steps: c.Diffusion.Steps, Batch: c.Diffusion.Batch}
	},
	Begin:  begin(hybrid.NewVideo, itself[*diffusion.Trainer]),
	Resume: hybrid.ResumeVideo, Load: hybrid.LoadVideo,
}

// Captioned trains language models and the diffusion models that they speak to, on a data set
// WithLabels whose labels are the captions.
var Captioned = Paradigm[hybrid.CaptionedConfig, *hybrid.Captioned, *hybrid.CaptionedModel]{
	Name: "captioned", Defaults: hybrid.DefaultCaptioned,
	Smoke: func(c *hybrid.CaptionedConfig) {
		Diffusion.Smoke(&c.Points)
		c.TextSteps = 20
	},
	Loop: func(c hybrid.CaptionedConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Points.Batch}
	},
	Begin: func(c hybrid.CaptionedConfig, x *mat.Dense, rng *rand.Rand) (*hybrid.Captioned, error) {
		points, _ := apart(x)
		return begin(func(c hybrid.CaptionedConfig, scale standardize.Map, rng *rand.Rand) (*hybrid.Captioned, error) {
			return hybrid.NewCaptioned(c, datasets.Prompts(), scale, rng)
		}, itself[*hybrid.Captioned])(c, points, rng)
	},
	Resume: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor, steps int) (*hybrid.Captioned, error) {
		return hybrid.ResumeCaptioned(c, datasets.Prompts(), saved, steps)
	},
	Load: func(c hybrid.CaptionedConfig, saved []checkpoint.Tensor) (*hybrid.CaptionedModel, error) {
		return hybrid.LoadCaptioned(c, datasets.Prompts(), saved)
	},
}

// itself is for what is made as a trainer.
func itself[T any](t T) (T, error) { return t, nil }
