package experiments

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

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

// itself is for what is made as a trainer.
func itself[T any](t T) (T, error) { return t, nil }
