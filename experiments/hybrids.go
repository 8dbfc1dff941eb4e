package experiments

import (
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/internal/train"
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
	Begin:  begin(hybrid.NewConsistency, itself[*hybrid.Consistency]),
	Resume: hybrid.ResumeConsistency, Load: hybrid.LoadConsistency,
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

// itself is for what is made as a trainer.
func itself[T any](t T) (T, error) { return t, nil }
