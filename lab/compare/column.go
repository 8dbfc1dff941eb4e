package compare

// Column is a metric of the tables.
type Column struct {
	Key      string // in Run.Metrics and Row.Metrics
	Head     string
	Unit     string // "" for a dimensionless number
	Better   string // "lower", "higher", "ceiling" (nearer to the ceiling), or "" where neither direction is better
	Meaning  string // its definition in a sentence or two
	Timing   bool   // measured by a clock: it varies between repetitions
	Optional bool   // left out of compare.csv where no row has it
}

// Columns lists all metrics in the order of the tables, where two columns of text precede them: the
// model and the kind of its likelihood.
var Columns = []Column{
	{Key: "nll", Head: "NLL", Unit: "nats", Better: "lower",
		Meaning: "Negative log-likelihood, the mean of −log q(x) over fresh samples x from the true distribution, in the original coordinates. Exact densities only. The oracle's value is the entropy, the lowest possible."},
	{Key: "nll_bound", Head: "NLL bound", Unit: "nats", Better: "lower",
		Meaning: "Upper bound on the NLL: the negative ELBO. The NLL itself is lower by an unknown amount, so the bound cannot be compared with exact values."},
	{Key: "nll_train", Head: "NLL train", Unit: "nats", Optional: true,
		Meaning: "NLL of the training rows of a file; the column NLL is then of the held-out rows. A value far below that one shows that the model has memorised its training rows."},
	{Key: "nll_bound_train", Head: "NLL bound train", Unit: "nats", Optional: true,
		Meaning: "Upper bound on the NLL of the training rows of a file; see NLL train."},
	{Key: "kl", Head: "KL(p‖q)", Unit: "nats", Better: "lower",
		Meaning: "KL divergence from the true distribution p to the model q, the mean of log p(x) − log q(x) over the same points. 0 is optimal. A value significantly below 0 is impossible for a density and reveals an error."},
	{Key: "kl_reverse", Head: "KL(q‖p)", Unit: "nats", Better: "lower", Optional: true,
		Meaning: "KL divergence from the model q to the true distribution p, the mean of log q(x) − log p(x) over the samples of the model, for samples of another program that came with their log densities."},
	{Key: "energy_distance", Head: "energy distance", Unit: "data units", Better: "lower",
		Meaning: "2 E|X−Y| − E|X−X′| − E|Y−Y′| for samples X of the model and Y of the true distribution. The estimate is unbiased: for a perfect model it is 0 on average, and slightly negative values occur by chance."},
	{Key: "modes", Head: "modes", Better: "higher",
		Meaning: "Number of modes that receive at least 1 % of their expected share of the samples, within 3 sigma."},
	{Key: "high_quality", Head: "high quality", Better: "ceiling",
		Meaning: "Fraction of samples within 3 sigma of a mode. A perfect model reaches the ceiling, not 1; a higher fraction is an error too, since the samples are too concentrated."},
	{Key: "mode_tv", Head: "mode TV", Better: "lower",
		Meaning: "Total variation distance between the mode frequencies of the samples (samples off every mode count as one more mode) and the true ones, from 0 to 1. The oracle's value is due to sampling noise alone."},
	{Key: "precision", Head: "precision",
		Meaning: "Fraction of samples within the 5-nearest-neighbour balls of true samples: fidelity. The oracle's value is the target; samples that are too concentrated exceed it."},
	{Key: "recall", Head: "recall",
		Meaning: "Fraction of true samples within the 5-nearest-neighbour balls of the samples: coverage. The oracle's value is the target; samples that are too dispersed exceed it."},
	{Key: "off_manifold", Head: "off manifold", Unit: "data units", Optional: true,
		Meaning: "Mean distance of the samples from the manifold that the data are concentrated near, which a 2-D projection does not show. The oracle's value, the noise of the data, is the target; a lower value is an error too."},
	{Key: "network_evaluations", Head: "NFE", Unit: "per sample",
		Meaning: "Number of sequential network evaluations per sample with the model's default sampler."},
	{Key: "params", Head: "parameters",
		Meaning: "Number of trained parameters: for a GAN those of the generator, since the critic is not part of the distribution; for a VAE those of encoder and decoder."},
	{Key: "steps", Head: "steps",
		Meaning: "Number of training steps. It follows from the budget and the nominal rates and is the same on every machine."},
	{Key: "microseconds_per_sample", Head: "µs/sample", Unit: "one core", Better: "lower", Timing: true,
		Meaning: "Time to generate 10,000 samples in one batch (fewer in a smoke run), divided by their number, on one core of an otherwise idle machine."},
	{Key: "train_seconds", Head: "training", Unit: "s, one core", Timing: true,
		Meaning: "Measured time of the training steps on one core, while other runs trained on the other cores."},
}

// column returns the column of a key. It panics for an unknown one.
func column(key string) Column {
	for _, c := range Columns {
		if c.Key == key {
			return c
		}
	}
	panic("compare: no column " + key)
}

// Title returns the heading with the unit.
func (c Column) Title() string {
	if c.Unit == "" {
		return c.Head
	}
	return c.Head + " (" + c.Unit + ")"
}

// Direction says which values are better, "" where neither direction is.
func (c Column) Direction() string {
	return map[string]string{"lower": "↓ lower is better", "higher": "↑ higher is better", "ceiling": "closer to the ceiling is better"}[c.Better]
}

// Models that are not trained and are part of every comparison.
const (
	Oracle   = "oracle"
	Gaussian = "gaussian"
	Mixture  = "mixture"
)

// References lists the models that are not trained, in the order of the tables, where they come first.
var References = []string{Oracle, Gaussian, Mixture}
