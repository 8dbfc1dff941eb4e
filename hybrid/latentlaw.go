package hybrid

import "genlab/internal/suggest"

// LatentLaw is the law of z in a FlowPrior model.
type LatentLaw string

// The laws there are.
const (
	JointFlow      LatentLaw = "flow"            // a flow that learns with the VAE
	LaterFlow      LatentLaw = "later-flow"      // a flow that learns what a finished VAE encodes
	LaterDiffusion LatentLaw = "later-diffusion" // a diffusion model that learns it
	Control        LatentLaw = "normal"          // N(0, I), and a wider VAE of as many parameters
)

// Choices lists the names in the order shown to users.
func (LatentLaw) Choices() []string {
	return []string{string(JointFlow), string(LaterFlow), string(LaterDiffusion), string(Control)}
}

// UnmarshalText accepts the Choices.
func (l *LatentLaw) UnmarshalText(text []byte) error { return suggest.Set("prior", l, text) }
