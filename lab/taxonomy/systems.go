package taxonomy

import "slices"

// System is a model made of parts: a small one of its kind, that lies at a place of the map.
type System struct {
	Name  string // as genlab train and genlab experiment know it
	Like  string // what of its kind is in use
	Parts []Part
	Account
}

// Part is what a system is made of, and the paradigm that it belongs to.
type Part struct {
	Component string `json:"component"`
	Paradigm  string `json:"paradigm"`
}

// Of are the paradigms of the parts, in the map's order: those of the region that the system lies in.
func (s System) Of() (names []string) {
	for _, name := range Paradigms() {
		if slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Paradigm == name }) {
			names = append(names, name)
		}
	}
	return names
}

// What comparisons know of samples, their cost, and the likelihood.
var (
	cost    = []string{"network_evaluations", "microseconds_per_sample"}
	quality = []string{"mode_tv", "high_quality"}
	nearby  = []string{"energy_distance"}
	bounded = []string{"nll_bound"}
)

// Systems are those that the map places.
var Systems = []System{
	{
		Name: "language", Like: "GPT",
		Parts: []Part{{"a transformer over characters", "autoregressive"}},
		Account: Account{
			Objective: Statement{"least −log q of each character given those before it, on a text whose entropy rate is known",
				nil, []Shown{{"language", "nats a character above the rate, small", "grammar", "above the rate, small"}, {"language", "nats a character above the rate, large", "grammar", "large"}}},
			Sampling: Statement{"a pass for each character, over one row where keys and values of the earlier ones are kept; texts that are written together share the passes",
				nil, []Shown{{"language", "a character, 1 together, large", "grammar", "a character, large, alone"}, {"language", "a character, 8 together, large", "grammar", "among 8"}}},
			Likelihood: Statement{"exact, a product of conditionals", nil, nil},
			TradeOff: Statement{"a larger one knows the text better; each character then costs more time, and its keys and values more memory",
				nil, []Shown{{"language", "cache of a character, small", "grammar", "cache of a character, small"}, {"language", "cache of a character, large", "grammar", "large"}}},
		},
	},
	{
		Name: "latent-diffusion", Like: "Stable Diffusion",
		Parts: []Part{{"encoder and decoder", "vae"}, {"noise predictor in the latent space", "diffusion"}},
		Account: Account{
			Objective: Statement{"first the ELBO, for a latent space; then least squared error in undoing noise there",
				nearby, []Shown{{"latent-diffusion", "energy distance, latent", "dots16", "energy distance on pictures of dots"}, {"latent-diffusion", "energy distance, data, twice as wide", "dots16", "diffusion of the pixels"}}},
			Sampling: Statement{"from noise to a code in many steps, with two passes each under guidance, then one pass of the decoder",
				cost, []Shown{{"latent-diffusion", "FLOPs a sample, latent", "dots16", "FLOPs a picture"}, {"latent-diffusion", "FLOPs a sample, data, twice as wide", "dots16", "of the pixels' diffusion"}}},
			Likelihood: Statement{"none that is computed: p(x) is an integral over all codes, of which prior and decoder together give no more than a bound", nil, nil},
			TradeOff: Statement{"each of the many passes is over few numbers, so a sample costs a fraction; what the autoencoder cannot rebuild no step brings back",
				quality, []Shown{{"latent-diffusion", "off the manifold, latent", "dots16", "distance from a picture of dots"}, {"latent-diffusion", "off the manifold, rebuilt", "dots16", "encoded and decoded"}, {"latent-diffusion", "off the manifold, data, twice as wide", "dots16", "the pixels' diffusion"}}},
		},
	},
	{
		Name: "consistency", Like: "one-step releases of image models",
		Parts: []Part{{"teacher", "diffusion"}, {"student, distilled", "diffusion"}},
		Account: Account{
			Objective: Statement{"least distance between what a student says at any point of a path and where the teacher's path ends",
				nearby, []Shown{{"consistency", "energy_distance, student in 1", "25gaussians", "energy distance in 1 pass on 25gaussians"}}},
			Sampling: Statement{"one pass from noise to data, or a few with fresh noise between them",
				cost, []Shown{{"consistency", "high_quality, student in 1", "25gaussians", "high quality on 25gaussians, in 1 pass"}, {"consistency", "high_quality, student in 4", "25gaussians", "in 4"}}},
			Likelihood: Statement{"none: the student has no density of its own", nil, nil},
			TradeOff: Statement{"a pass instead of tens, for a second training; where paths part, the student's answers smear between modes",
				quality, []Shown{{"consistency", "mode_tv, student in 1", "8gaussians", "mode TV on 8gaussians, in 1 pass"}, {"consistency", "mode_tv, teacher in its own", "8gaussians", "its teacher"}}},
		},
	},
	{
		Name: "flow-prior", Like: "VAEs with a learned prior",
		Parts: []Part{{"prior of the codes", "flow"}, {"encoder and decoder", "vae"}},
		Account: Account{
			Objective: Statement{"greatest ELBO, with a flow for the prior that learns to be what the encoder makes of the data",
				bounded, []Shown{{"flow-prior", "ELBO, below the truth, flow", "25gaussians", "ELBO below the truth on 25gaussians"}, {"flow-prior", "ELBO, below the truth, normal", "25gaussians", "with a normal prior"}}},
			Sampling: Statement{"a draw of the base, through the flow and then the decoder: one pass of each",
				cost, nil},
			Likelihood: Statement{"a lower bound, which more draws tighten",
				bounded, []Shown{{"flow-prior", "bound of 100 draws, below the truth, flow", "25gaussians", "bound of 100 draws below the truth"}}},
			TradeOff: Statement{"the encoder need not bend to a normal; what the posterior cannot follow blurs the samples still",
				quality, []Shown{{"flow-prior", "KL(aggregate posterior ‖ prior), flow", "25gaussians", "KL(aggregate posterior ‖ prior)"}, {"flow-prior", "KL(aggregate posterior ‖ prior), normal", "25gaussians", "with a normal prior"}}},
		},
	},
	{
		Name: "adversarial-diffusion", Like: "image models of a few steps",
		Parts: []Part{{"student of a diffusion model", "diffusion"}, {"critic", "gan"}},
		Account: Account{
			Objective: Statement{"the student's distance to its teacher, and then what a critic sees that tells its samples from data",
				nearby, []Shown{{"adversarial-diffusion", "energy distance, both in 4", "25gaussians", "energy distance on 25gaussians"}}},
			Sampling: Statement{"one to a few passes, as of the student without a critic",
				cost, []Shown{{"adversarial-diffusion", "mass off any mode, both in 1", "25gaussians", "mass off any mode, in 1 pass"}, {"adversarial-diffusion", "mass off any mode, both in 4", "25gaussians", "in 4"}}},
			Likelihood: Statement{"none, by construction: neither the student nor the critic has a density", nil, nil},
			TradeOff: Statement{"the critic takes away what smears between the modes; the game may lose some of them, and a start from the distilled student keeps it to all",
				quality, []Shown{{"adversarial-diffusion", "mass off any mode, distilled in 4", "25gaussians", "distilled alone, in 4"}, {"adversarial-diffusion", "mode TV, both in 4", "25gaussians", "mode TV, both"}, {"adversarial-diffusion", "mode TV, adversarial in 4", "25gaussians", "the critic alone"}}},
		},
	},
	{
		Name: "video", Like: "a video model",
		Parts: []Part{{"noise predictor, a transformer over space and time", "diffusion"}},
		Account: Account{
			Objective: Statement{"least squared error in undoing noise in all frames of a film at once",
				nearby, []Shown{{"video", "speed error in floors, 50 steps", "bounce", "speed error, in those of exact films"}}},
			Sampling: Statement{"all frames together, from noise in 25 to 50 steps; attention makes each see the others",
				cost, []Shown{{"video", "speed error in floors, 25 steps", "bounce", "speed error in 25 steps"}}},
			Likelihood: Statement{"by an integral, as of any diffusion model, in as many dimensions as a film has numbers; a bound without it", nil, nil},
			TradeOff: Statement{"frames agree with each other because they are drawn together; the length is fixed, and attention costs the square of it",
				nil, []Shown{{"video", "outside, 50 steps", "bounce", "coordinates outside the box"}, {"video", "speed_error, 50 steps, shuffled", "bounce", "speed error, frames shuffled"}, {"video", "speed_error, 50 steps", "bounce", "as they are"}}},
		},
	},
	{
		Name: "captioned", Like: "an assistant that draws",
		Parts: []Part{{"reader of the prompt, a language model", "autoregressive"}, {"noise predictor", "diffusion"}},
		Account: Account{
			Objective:  Statement{"−log q of each character for the reader; then least squared error in undoing noise, given what it read", nearby, []Shown{{"captioned", "right, once, seen", "", "count and place right, prompts seen"}}},
			Sampling:   Statement{"one pass over the prompt, then many steps from noise, two passes each under guidance; what came of it can be read back and drawn again", cost, nil},
			Likelihood: Statement{"exact of the prompt, by an integral of the picture given it", nil, nil},
			TradeOff: Statement{"words that were never seen together can be drawn together, where the reader hears each alone; corrections draw again what does not fit",
				nil, []Shown{{"captioned", "right, once, held out", "", "count and place right, prompts never seen"}, {"captioned", "right, once, held out, mean of the prompt's states", "", "where the reader hears them together"}}},
		},
	},
}
