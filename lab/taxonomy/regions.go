package taxonomy

// Region is a place on the map.
type Region struct {
	Name    string   // of the model as well, for a paradigm
	Of      []string // the paradigms that a combination is made of, in the map's order; nil for a paradigm
	Account          // of a paradigm
	Traits  []string // the answers of Questions that belong to it
}

// Account is what theory says of a paradigm, or of a system.
type Account struct{ Objective, Sampling, Likelihood, TradeOff Statement }

// Statement is what theory says, and the figures that speak to it.
type Statement struct {
	Text string
	Keys []string // figures of a comparison
	Then []Shown  // figures of experiments, where there is no comparison
}

// Shown is a figure of an experiment.
type Shown struct{ Experiment, Figure, Data, Label string }

// Regions is the map, the paradigms first. Another place is an entry here. The systems that lie in
// these places stand in Systems.
var Regions = []Region{
	{
		Name: "autoregressive",
		Account: Account{
			Objective: Statement{"least −log q of each part given the parts before it, summed: the likelihood itself",
				[]string{"kl"}, []Shown{{"exact", "KL(p‖q), autoregressive", "8gaussians", "KL(p‖q) on 8gaussians"}}},
			Sampling: Statement{"one part after another, a pass of the network for each: as many passes as parts, whatever is kept of the earlier ones",
				[]string{"network_evaluations", "microseconds_per_sample"}, []Shown{{"kv-cache", "uncached over cached", "", "what a cache saves in 1000 characters"}}},
			Likelihood: Statement{"exact, a product of conditionals",
				[]string{"nll"}, []Shown{{"exact", "mass on the grid, autoregressive", "8gaussians", "mass of the density on 8gaussians"}}},
			TradeOff: Statement{"any conditional can be learned and no mode is lost; it samples slowly, needs an order, and continuous data must be cut into symbols",
				[]string{"mode_tv", "high_quality"}, nil},
		},
		Traits: []string{"next", "parts", "exact", "slow", "covers"},
	},
	{
		Name: "flow",
		Account: Account{
			Objective: Statement{"least −log q, through an invertible map whose Jacobian determinant is known: the likelihood itself",
				[]string{"kl"}, []Shown{{"exact", "KL(p‖q), flow", "8gaussians", "KL(p‖q) on 8gaussians"}}},
			Sampling: Statement{"a draw of the base, sent back through the map: one pass",
				[]string{"network_evaluations", "microseconds_per_sample"}, nil},
			Likelihood: Statement{"exact, by the change of variables",
				[]string{"nll"}, []Shown{{"exact", "mass on the grid, flow", "8gaussians", "mass of the density on 8gaussians"}}},
			TradeOff: Statement{"density and samples in one pass each; the map must be invertible, keeps the dimension, and leaves bridges between modes",
				[]string{"mode_tv", "high_quality"}, nil},
		},
		Traits: []string{"volume", "inverse", "exact", "fast", "covers", "rigid"},
	},
	{
		Name: "vae",
		Account: Account{
			Objective: Statement{"greatest ELBO: what the decoder can rebuild, less what the code costs",
				[]string{"nll_bound"}, []Shown{{"bounds", "ELBO, below the truth", "8gaussians", "ELBO below the truth on 8gaussians"}}},
			Sampling: Statement{"a draw of the prior, sent through the decoder: one pass",
				[]string{"network_evaluations", "microseconds_per_sample"}, []Shown{{"one-pass", "p50 of 1000 points, a point", "VAE", "a point among 1000 at once"}}},
			Likelihood: Statement{"a lower bound, which more draws tighten",
				[]string{"nll_bound"}, []Shown{{"bounds", "log p, below the truth", "8gaussians", "log p below the truth on 8gaussians"}}},
			TradeOff: Statement{"a code for every point, and stable training; what the posterior cannot follow blurs the samples",
				[]string{"mode_tv", "high_quality"}, nil},
		},
		Traits: []string{"bound", "pass", "bounded", "fast", "covers", "blurs", "code"},
	},
	{
		Name: "gan",
		Account: Account{
			Objective: Statement{"a game: a critic tells samples from data, a generator learns to pass; its value is no figure of merit",
				[]string{"energy_distance"}, []Shown{{"coverage", "mode_tv, GAN, WGAN-GP", "25gaussians", "mode TV, WGAN-GP on 25gaussians"}}},
			Sampling: Statement{"a draw of the latent normal, sent through the generator: one pass",
				[]string{"network_evaluations", "microseconds_per_sample"}, []Shown{{"one-pass", "p50 of 1000 points, a point", "GAN", "a point among 1000 at once"}}},
			Likelihood: Statement{"none, by construction", nil, nil},
			TradeOff: Statement{"sharp samples at once; training is a game that need not converge, and modes may be lost",
				[]string{"modes", "mode_tv"}, []Shown{{"coverage", "modes_1pct, GAN, original game", "25gaussians", "modes of 25gaussians, original game"}, {"coverage", "modes_1pct, GAN, WGAN-GP", "25gaussians", "WGAN-GP"}}},
		},
		Traits: []string{"game", "pass", "none", "fast", "drops"},
	},
	{
		Name: "diffusion",
		Account: Account{
			Objective: Statement{"least squared error in undoing noise, at every level of it: a regression",
				[]string{"energy_distance"}, []Shown{{"steps", "energy_distance, DDIM-50", "8gaussians", "energy distance on 8gaussians"}}},
			Sampling: Statement{"from noise to data in many small steps, one pass or more for each; how many is chosen when sampling",
				[]string{"network_evaluations", "microseconds_per_sample"}, []Shown{{"steps", "time of DDPM-1000 over that of DDIM-50", "8gaussians", "time of 1000 steps over 50 on 8gaussians"}}},
			Likelihood: Statement{"by an integral along the probability flow, to the tolerance of its solver; a bound without it",
				[]string{"nll", "kl"}, []Shown{{"ode-likelihood", "KL(p‖q) at tolerance 1e-6", "", "KL(p‖q) on 8gaussians"}}},
			TradeOff: Statement{"stable training and all modes; samples cost many passes",
				[]string{"modes", "mode_tv"}, []Shown{{"coverage", "modes_1pct, diffusion", "25gaussians", "modes of 25gaussians"}, {"coverage", "mode_tv, diffusion", "25gaussians", "mode TV on 25gaussians"}}},
		},
		Traits: []string{"denoise", "steps", "ode", "bounded", "slow", "covers"},
	},

	{Name: "a VAE whose decoder a critic sharpens (VAE-GAN)", Of: []string{"vae", "gan"}},
	{Name: "latent diffusion: a diffusion model as the prior of an autoencoder", Of: []string{"vae", "diffusion"}},
	{Name: "a VAE with a flow for its prior or its posterior", Of: []string{"flow", "vae"}},
	{Name: "diffusion, " + distilled, Of: []string{"diffusion"}},
	{Name: "an autoencoder with discrete codes under an autoregressive prior (VQ-VAE)", Of: []string{"autoregressive", "vae"}},
	{Name: "an autoregressive flow: each coordinate is transformed given those before it", Of: []string{"autoregressive", "flow"}},
	{Name: "autoregressive diffusion: parts in turn, each by undoing noise", Of: []string{"autoregressive", "diffusion"}},
	{Name: "a flow trained by a critic (Flow-GAN)", Of: []string{"flow", "gan"}},
	{Name: "a continuous flow trained without simulating it (flow matching)", Of: []string{"flow", "diffusion"}},
	{Name: "diffusion in a few large steps, each learned by a game (denoising diffusion GAN)", Of: []string{"gan", "diffusion"}},
	{Name: "an autoregressive model trained by a game", Of: []string{"autoregressive", "gan"}},
}

// Statements are the four under their names; none of a region that is only a name on the map.
func (a Account) Statements() []Named {
	if a.Objective.Text == "" {
		return nil
	}
	return []Named{{"objective", a.Objective}, {"sampling", a.Sampling}, {AboutLikelihood, a.Likelihood}, {"trade-off", a.TradeOff}}
}

// AboutLikelihood names the statement beside which a comparison says which kind of likelihood there is.
const AboutLikelihood = "likelihood"

// Named is a statement with what it is about.
type Named struct {
	Name string
	Statement
}

// distilled is what imitation makes of a region: the same law in fewer passes.
const distilled = "distilled into few passes (progressive distillation, consistency models)"
