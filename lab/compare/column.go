package compare

// Column is a figure of the tables.
type Column struct {
	Key    string // of Run.Figures and Row.Figures
	Head   string
	Unit   string // "" for a pure number
	Better string // "lower", "higher", "ceiling": nearer to the ceiling; "" where it is no merit
	What   string // a sentence: what it is
	Timing bool   // measured by a clock: not the same twice
	Rare   bool   // of some data only: no file has it where no row does
}

// Columns has every figure, in the order of the tables. Two come as text before them: the model
// and the kind of its likelihood.
var Columns = []Column{
	{Key: "nll", Head: "NLL", Unit: "nats", Better: "lower",
		What: "Mean of −log q(x) over fresh points of the truth, in the original coordinates; the oracle's is the entropy. Exact densities only."},
	{Key: "nll_bound", Head: "NLL bound", Unit: "nats", Better: "lower",
		What: "An upper bound on the NLL in expectation (the ELBO, negated): the NLL itself is lower, by an unknown amount. Never to be read beside exact values."},
	{Key: "kl", Head: "KL(p‖q)", Unit: "nats", Better: "lower",
		What: "Mean of log p(x) − log q(x) over the same points, pair by pair: what the model loses against the truth, 0 for a perfect one. Below 0 by more than chance is impossible for a density."},
	{Key: "energy_distance", Head: "energy distance", Unit: "data unit", Better: "lower",
		What: "2 E|X−Y| − E|X−X′| − E|Y−Y′| between samples of the model and the truth; expectation 0 for a perfect model, so that values below 0 occur by chance."},
	{Key: "modes", Head: "modes", Better: "higher",
		What: "Modes that hold at least 1 % of their due share of the samples within 3 sigma."},
	{Key: "high_quality", Head: "high quality", Better: "ceiling",
		What: "Share of samples within 3 sigma of a mode. A perfect model reaches the ceiling, not 1; more than the ceiling is a fault as well."},
	{Key: "mode_tv", Head: "mode TV", Better: "lower",
		What: "Total variation between the shares of the modes (and of “off any mode”) and the true ones, 0 to 1. A perfect sample of this size scores what the oracle does."},
	{Key: "precision", Head: "precision", Better: "",
		What: "Share of the samples within the 5-nearest-neighbour balls of true points: are they plausible? As the oracle's is best: samples in a heap score more."},
	{Key: "recall", Head: "recall", Better: "",
		What: "Share of true points within the 5-nearest-neighbour balls of the samples: is everything reached? As the oracle's is best: blurred samples score more."},
	{Key: "off_manifold", Head: "off manifold", Unit: "data unit", Better: "", Rare: true,
		What: "Mean distance of the samples from the set that the truth lies near, which what is seen of them on the plane does not tell. As the oracle's is best: less than its noise is a fault as well."},
	{Key: "network_evaluations", Head: "NFE", Unit: "passes a sample", Better: "",
		What: "Network evaluations that a sample takes one after the other, at the model's own setting."},
	{Key: "params", Head: "parameters", Better: "",
		What: "Trained numbers of the model: of a GAN the generator's (its critic is no part of the distribution), of a VAE encoder and decoder."},
	{Key: "steps", Head: "steps", Better: "",
		What: "Training steps, which the budget and the nominal rates decide: the same on every machine."},
	{Key: "microseconds_per_sample", Head: "µs a sample", Unit: "µs, one core", Better: "lower", Timing: true,
		What: "Time of drawing 10,000 samples at once (smoke: fewer), divided by their number, on one core, nothing else running."},
	{Key: "train_seconds", Head: "training", Unit: "s, one core", Better: "", Timing: true,
		What: "Measured time of the training steps on one core, while the other cores trained other runs."},
}

// column returns the column of a key.
func column(key string) Column {
	for _, c := range Columns {
		if c.Key == key {
			return c
		}
	}
	panic("compare: no column " + key)
}

// Models that are not trained, in every comparison.
const (
	Oracle   = "oracle"
	Gaussian = "gaussian"
	Mixture  = "mixture"
)

// References are the models that are not trained, in the order of the tables: before the others.
var References = []string{Oracle, Gaussian, Mixture}
