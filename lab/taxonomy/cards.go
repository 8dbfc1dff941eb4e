package taxonomy

// Card is a question about generative models, the answer of theory in a few sentences, and the
// figures that speak to it.
type Card struct {
	Question string
	Of       []string // the paradigms and systems that it is about
	Answer   string
	Shown    []Shown
	Command  string // that shows it at work
}

// Cards are ten that together speak of every paradigm, and of the systems made of several.
var Cards = []Card{
	{
		Question: "Why does an autoregressive model need as many passes as a sample has parts, and what does a cache change?",
		Of:       []string{"autoregressive", "language"},
		Answer: "Each part is drawn from a distribution that depends on the parts drawn before it, so no pass can begin before the last one has ended. " +
			"A cache of keys and values changes no number of passes: it makes each one a pass over the new part alone, at a cost of a + b·prefix, and takes memory for every part it keeps. " +
			"Texts that are written side by side can share a pass; the parts of one text cannot.",
		Shown: []Shown{
			{"kv-cache", "uncached over cached", "", "1000 characters, the time without a cache over that with it"},
			{"kv-cache", "a, fixed cost of a character", "", "a character with the cache, fixed cost a"},
			{"kv-cache", "b, cost of a character of prefix", "", "b, for each character before it"},
			{"language", "a character, 1 together, large", "grammar", "large transformer, a character of one text"},
			{"language", "a character, 8 together, large", "grammar", "large transformer, a character among 8 texts"},
			{"language", "cache of a character, large", "grammar", "large transformer, cache of a character"},
		},
		Command: "genlab train autoregressive --data grammar",
	},
	{
		Question: "What does it mean that a likelihood is exact, and how near is it to the true one?",
		Of:       []string{"autoregressive", "flow"},
		Answer: "Exact is a word about the model: its own density can be computed at any point, by a product of conditionals or by the change of variables, with no integral left to estimate. " +
			"It says nothing about the data. How near the model is to those is another number, KL(p‖q), which training makes small and no model makes zero; " +
			"that the density is one at all is checked by summing it over a grid.",
		Shown: []Shown{
			{"exact", "KL(p‖q), flow", "8gaussians", "flow, KL(p‖q) on 8gaussians"},
			{"exact", "KL(p‖q), autoregressive", "8gaussians", "autoregressive, KL(p‖q) on 8gaussians"},
			{"exact", "KL(p‖q), flow", "checkerboard", "flow on checkerboard, whose edges are hard for it"},
			{"exact", "KL(p‖q), autoregressive", "checkerboard", "autoregressive on checkerboard, whose edges its cells have"},
			{"exact", "mass on the grid, flow", "8gaussians", "flow, sum of the density over a grid"},
			{"exact", "mass on the grid, autoregressive", "8gaussians", "autoregressive, sum over a grid"},
		},
		Command: "genlab train flow --data moons",
	},
	{
		Question: "Why does a VAE know only a bound on its likelihood, and how far below does it lie?",
		Of:       []string{"vae"},
		Answer: "Its density is an integral over all codes that could have led to a point, and one encoder's guess of the right ones stands in for it. " +
			"By Jensen's inequality the result cannot be too high: the ELBO lies below log p by exactly the divergence of the encoder's guess from the true posterior. " +
			"More draws for a point tighten the bound, and in two dimensions a quadrature gives the integral itself, so that the gap can be seen.",
		Shown: []Shown{
			{"bounds", "ELBO, below the truth", "8gaussians", "ELBO, below the data's own log p"},
			{"bounds", "bound of 50 draws, below the truth", "8gaussians", "bound of 50 draws, below it"},
			{"bounds", "log p, below the truth", "8gaussians", "the VAE's log p by quadrature, below it"},
			{"bounds", "bound of 500 draws, below log p", "8gaussians", "bound of 500 draws, below the VAE's log p"},
			{"bounds", "log p, below the truth", "8gaussians, trained on 5 draws", "log p of a VAE trained on 5 draws, below the data's"},
		},
		Command: "genlab train vae --data 8gaussians",
	},
	{
		Question: "Why has a GAN no likelihood, what does it lose for that, and how do the others cover the modes?",
		Of:       []string{"gan", "diffusion", "flow", "autoregressive"},
		Answer: "Its generator is any map from noise to points, neither invertible nor onto the whole space, so there is no density to evaluate. " +
			"Nothing in its game charges infinitely for a mode that it never draws, while a likelihood does; the original game can lose all of them, and a critic that measures a distance keeps them. " +
			"What it gets is a sample in one pass of one network.",
		Shown: []Shown{
			{"coverage", "modes_1pct, GAN, original game", "25gaussians", "modes of 25 reached, GAN, original game"},
			{"coverage", "modes_1pct, GAN, WGAN-GP", "25gaussians", "modes of 25 reached, GAN, WGAN-GP"},
			{"coverage", "modes_1pct, diffusion", "25gaussians", "modes of 25 reached, diffusion"},
			{"coverage", "mode_tv, GAN, WGAN-GP", "25gaussians", "distance from the modes' weights, WGAN-GP"},
			{"coverage", "mode_tv, diffusion", "25gaussians", "distance from the modes' weights, diffusion"},
			{"exact", "KL(p‖q), flow", "25gaussians", "KL(p‖q), flow: infinite if a mode were lost"},
			{"exact", "KL(p‖q), autoregressive", "25gaussians", "KL(p‖q), autoregressive"},
			{"one-pass", "p50 of 1000 points, a point", "GAN", "time of a point of a GAN, among 1000"},
		},
		Command: "genlab train gan --data 25gaussians",
	},
	{
		Question: "Why does a diffusion model take many steps, and what do 50 lose against 1000?",
		Of:       []string{"diffusion"},
		Answer: "A sample follows a curve from noise to data, and the network only knows its direction where it stands: a step that is too long leaves the curve. " +
			"How many steps is chosen when sampling, not in training. Along the deterministic path a few tens follow it closely, and a solver of higher order needs fewer still; " +
			"a thousand small random steps end no nearer to the data, at twenty times the price.",
		Shown: []Shown{
			{"steps", "energy_distance, DDIM-50", "25gaussians", "energy distance on 25gaussians, DDIM in 50 steps"},
			{"steps", "energy_distance, DDPM-1000", "25gaussians", "DDPM in 1000 steps"},
			{"steps", "energy_distance, a second sample of the truth", "25gaussians", "a second sample of the data"},
			{"steps", "time of DDPM-1000 over that of DDIM-50", "25gaussians", "time of 1000 steps over that of 50"},
			{"quality", "energy distance, ddim, 10 evaluations", "8gaussians", "energy distance on 8gaussians, DDIM in 10 passes"},
			{"quality", "energy distance, dpmsolver2m, 10 evaluations", "8gaussians", "a solver of second order in 10 passes"},
		},
		Command: "genlab train diffusion --data 25gaussians",
	},
	{
		Question: "What does guidance buy, and what does it cost?",
		Of:       []string{"diffusion"},
		Answer: "At each step the network is asked twice, with the label and without, and the step goes further along the difference than the label alone asks for. " +
			"Samples then belong to their label more surely, since they move to where it is least in doubt. They pay twice: two passes a step, and the edges of a class, which are drawn less and less.",
		Shown: []Shown{
			{"guidance", "accuracy, scale 1", "moons, noise 0.3", "share true to the label, no guidance"},
			{"guidance", "accuracy, scale 3", "moons, noise 0.3", "share true to the label, guidance 3"},
			{"guidance", "recall, scale 1", "moons, noise 0.3", "share of the data that is reached, no guidance"},
			{"guidance", "recall, scale 3", "moons, noise 0.3", "share of the data that is reached, guidance 3"},
			{"guidance", "network passes a point, scale 1", "moons, noise 0.3", "passes a sample, no guidance"},
			{"guidance", "network passes a point, scale 3", "moons, noise 0.3", "passes a sample, guidance 3"},
		},
		Command: "genlab train diffusion --data pinwheel --conditional",
	},
	{
		Question: "Can the likelihood of a diffusion model be computed, and with what error?",
		Of:       []string{"diffusion"},
		Answer: "Its deterministic path is an invertible map from data to noise, and log p is that of the noise plus the divergence of the flow, integrated along the path. " +
			"That value belongs to the ODE, not to the random sampler, and has two errors. The solver's shrinks with its tolerance as far as one likes to pay; the network's, whose divergence is not quite that of the truth, stays.",
		Shown: []Shown{
			{"ode-likelihood", "mean absolute error of log p, exact denoiser, tolerance 1e-04", "", "error of the integral alone, tolerance 1e-4"},
			{"ode-likelihood", "mean absolute error of log p, exact denoiser, tolerance 1e-07", "", "error of the integral alone, tolerance 1e-7"},
			{"ode-likelihood", "evaluations a point, exact denoiser, tolerance 1e-07", "", "evaluations a point at tolerance 1e-7"},
			{"ode-likelihood", "the solver's part: mean absolute change of log p from the default tolerance to 1e-6", "", "error with a trained network, the solver's part"},
			{"ode-likelihood", "the network's part: mean absolute error of log p at tolerance 1e-6", "", "error with a trained network, the network's part"},
			{"ode-likelihood", "KL(p‖q) at tolerance 1e-6", "", "KL(p‖q) of the trained network"},
		},
		Command: "genlab score runs/diffusion-8gaussians-s1 --points points.csv",
	},
	{
		Question: "How can one pass stand in for fifty, and what is lost on the way?",
		Of:       []string{"diffusion", "gan", "consistency", "adversarial-diffusion"},
		Answer: "The paths of a trained model lead from every noise to one point each, and a second network can learn that end directly: a distilled student. " +
			"One pass cannot follow where neighbouring paths part, so its samples smear between modes; a few passes with fresh noise between them mend much of it. " +
			"A critic on top of the distillation takes away what smears, and brings the risk of a game with it. The likelihood of the path is gone either way.",
		Shown: []Shown{
			{"consistency", "high_quality, student in 1", "25gaussians", "share near a mode of 25gaussians, student in 1 pass"},
			{"consistency", "high_quality, student in 4", "25gaussians", "student in 4 passes"},
			{"consistency", "high_quality, teacher in 4", "25gaussians", "teacher in 4 passes"},
			{"consistency", "high_quality, teacher in its own", "25gaussians", "teacher in 35 passes"},
			{"adversarial-diffusion", "mass off any mode, distilled in 4", "25gaussians", "off any mode, distilled, 4 passes (the data: .0111)"},
			{"adversarial-diffusion", "mass off any mode, both in 4", "25gaussians", "with a critic as well"},
			{"adversarial-diffusion", "mode TV, adversarial in 4", "25gaussians", "mode TV of the critic alone: modes are lost"},
		},
		Command: "genlab train consistency --data 25gaussians",
	},
	{
		Question: "What does it buy to work in a latent space, and what does a learned prior change there?",
		Of:       []string{"vae", "flow", "diffusion", "latent-diffusion", "flow-prior"},
		Answer: "Codes are small, so each of the many passes of a diffusion model costs little; the decoder is paid once. What the autoencoder throws away is a floor that no prior can go below. " +
			"A VAE alone asks its codes to be normal, and what they are not is lost twice, in the bound and in samples drawn where no code lies; a flow or a diffusion model for a prior learns where they do lie.",
		Shown: []Shown{
			{"flow-prior", "KL(aggregate posterior ‖ prior), normal", "25gaussians", "codes of 25gaussians, KL from a normal prior"},
			{"flow-prior", "KL(aggregate posterior ‖ prior), flow", "25gaussians", "codes of 25gaussians, KL from a learned flow"},
			{"flow-prior", "log p, below the truth, normal", "25gaussians", "log p below the data's, normal prior"},
			{"flow-prior", "bound of 100 draws, below the truth, flow", "25gaussians", "log p below the data's, flow prior, at most"},
			{"latent-diffusion", "FLOPs a sample, latent", "dots16", "FLOPs of a picture, by its codes"},
			{"latent-diffusion", "FLOPs a sample, data, twice as wide", "dots16", "by its pixels"},
			{"latent-diffusion", "energy distance, latent", "dots16", "energy distance of the codes' pictures"},
			{"latent-diffusion", "energy distance, data, twice as wide", "dots16", "of the pixels'"},
		},
		Command: "genlab train flow-prior --data 25gaussians",
	},
	{
		Question: "How does a diffusion model follow a prompt, and how does it keep a film in one piece?",
		Of:       []string{"autoregressive", "diffusion", "captioned", "video"},
		Answer: "A language model reads the prompt, and what it made of it goes into every step of the noise predictor: the words are autoregressive, the picture is not. " +
			"A film is one sample, all of its frames undone from noise together by a network that attends over space and time, so that each frame sees the others. " +
			"Neither is promised by training. Prompts never seen, and walls that a film may not pass, are where it is judged.",
		Shown: []Shown{
			{"captioned", "right, once, held out", "", "count and place right, prompts never seen"},
			{"captioned", "right, shuffled, seen", "", "pictures of random other prompts"},
			{"video", "outside, 50 steps", "bounce", "coordinates of a film outside its box"},
			{"video", "speed error in floors, 50 steps", "bounce", "error of the speed, in those of exact films"},
		},
		Command: "genlab train captioned",
	},
}
