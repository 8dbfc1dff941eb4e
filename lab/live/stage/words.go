package stage

// titles are the names of models.
var titles = map[string]string{
	"diffusion": "Diffusion model", "flow": "Normalizing flow", "gan": "Generative adversarial network", "vae": "Variational autoencoder",
	"autoregressive": "Autoregressive model", "flow-prior": "VAE with a flow prior", "consistency": "Consistency model",
	"adversarial-diffusion": "Adversarial diffusion distillation", "latent-diffusion": "Latent diffusion model", "video": "Video diffusion model",
	"flow-matching": "Flow matching", "rectified-flow": "Rectified flow", "flow-map": "Flow map",
	"captioned": "Captioned diffusion model", "kde": "Kernel density estimate",
	"masked-diffusion": "Masked diffusion of text", "vq-prior": "Vector-quantised autoencoder with a prior",
}

// texts are the names and explanations of metrics.
var texts = map[string]struct{ title, unit, help string }{
	"nll":                 {"NLL", "nats", "Mean negative log-likelihood of fresh points. The entropy of the data is the least value that a model can reach."},
	"nll_bound":           {"NLL bound", "nats", "Upper bound on the negative log-likelihood of fresh points, by the ELBO. The true value is smaller by an unknown gap."},
	"kl":                  {"KL(p‖q)", "nats", "Kullback-Leibler divergence of the model from the true distribution: the NLL minus the entropy. 0 is a perfect model."},
	"energy_distance":     {"Energy distance", "", "Distance between samples of the model and of the true distribution. The oracle's value, that of two true samples, is noise."},
	"modes":               {"Modes", "", "Modes of the data that at least one of 2500 samples hits within three standard deviations."},
	"high_quality":        {"High quality", "", "Share of the samples within three standard deviations of a mode. The true distribution does not reach 1 either."},
	"network_evaluations": {"NFE", "", "Network evaluations for one sample."},
}

// likelihoodNotes say what a kind of likelihood is.
var likelihoodNotes = map[string]string{
	"exact": "Exact: the model is a density, and log q(x) is computed for any point.",
	"ODE":   "By an ODE: log q(x) is an integral along the path of the probability-flow ODE, exact up to the solver's tolerance.",
	"bound": "Bound: log q(x) would need an integral over all latent codes. The ELBO is a lower bound on it, so the true NLL is at most the value shown.",
	"none":  "None: the generator maps noise to points, but nothing tells how probable a given point is. Only its samples can be judged.",
}

// telling are the settings that show best how a paradigm behaves, in their order, with what to expect.
var telling = map[string][]expectation{
	"diffusion": {
		{"prediction", "What the network predicts. The velocity is stable at all noise levels; predicting the noise makes the last steps delicate."},
		{"steps", "Training steps. The learning rate falls to 0 over them, so fewer steps end earlier with a rougher model."},
		{"sampler", "The solver of the reverse process. With 5 evaluations the samplers differ visibly, with 100 hardly."},
		{"nfe", "Network evaluations a sample. One evaluation returns something like the mean of the data; twenty suffice for sharp modes."},
		{"conditional", "Conditions the model on the labels of the data, which makes guidance possible."},
		{"guidance", "Above 1 it sharpens samples of a label towards its centre and loses diversity."},
	},
	"flow": {
		{"transform", "The bijector of each coordinate. Affine maps bend the plane too little for separate modes; splines leave thin bridges between them."},
		{"structure", "Coupling maps one coordinate at a time given the other; autoregressive maps both, with a slower inverse in more dimensions."},
		{"layers", "More layers bend the grid more sharply, and each costs time."},
		{"bins", "Pieces of each spline. Few bins blur small modes."},
	},
	"vae": {
		{"beta", "Weight of the KL term. Large values make the posterior equal the prior, and samples blur to one blob; small values fit the data but leave holes in the prior."},
		{"objective", "The bound that is maximised. iwae uses several samples of z for a tighter one."},
		{"latent", "Dimension of z. One coordinate must fold a line over the plane."},
		{"posterior", "Covariance of q(z|x). A diagonal one makes the bound looser."},
	},
	"gan": {
		{"objective", "The game. The original minimax loses modes and may oscillate; a Wasserstein critic keeps them."},
		{"critic-steps", "Steps of the critic for each of the generator. More give the generator a better gradient, and take longer."},
		{"lambda", "Weight of the gradient penalty. At 0 the critic becomes arbitrarily steep."},
	},
	"autoregressive": {
		{"base", "Base of the digits. A larger base means fewer, larger choices."},
		{"digits", "Digits a coordinate. With one digit the plane is a coarse mosaic."},
		{"interleaved", "Whether the digits of x and y alternate. Otherwise x is chosen completely before y."},
	},
	"kde": {{"centres", "Points that a kernel is put on. More make the estimate sharper."}},
}

type expectation struct{ key, expect string }

// common are sentences about settings of several models.
var common = map[string]string{
	"lr":     "Too large and the losses jump or diverge; too small and nothing moves.",
	"hidden": "Wider networks fit finer detail, and each step takes longer.",
	"layers": "Deeper networks fit sharper structure, and each step takes longer.",
	"batch":  "Larger batches give smoother gradients for more time a step.",
	"ema":    "The weights that sample are an average over about 1/(1 − ema) steps: closer to 1 is smoother and slower to follow.",
	"steps":  "Training steps. The learning rate falls to 0 over them, so fewer steps end earlier with a rougher model.",
}
