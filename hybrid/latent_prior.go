package hybrid

import "genlab/internal/suggest"

// LatentPrior is the prior p(z) of a [FlowPrior] model.
type LatentPrior string

// The priors.
const (
	JointFlow         LatentPrior = "flow"            // a flow, trained jointly with the VAE
	TwoStageFlow      LatentPrior = "later-flow"      // a flow, trained on the encodings of a trained VAE
	TwoStageDiffusion LatentPrior = "later-diffusion" // a diffusion model, trained on those
	NormalPrior       LatentPrior = "normal"          // N(0, I), the control: a wider VAE with as many parameters
)

// Choices lists the valid names.
func (LatentPrior) Choices() []string {
	return []string{string(JointFlow), string(TwoStageFlow), string(TwoStageDiffusion), string(NormalPrior)}
}

// UnmarshalText sets p to one of the Choices, or returns an error that lists them.
func (p *LatentPrior) UnmarshalText(text []byte) error { return suggest.Set("prior", p, text) }
