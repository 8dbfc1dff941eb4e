package taxonomy

// Question is one of the four that place a system.
type Question struct {
	Key     string // of its flag
	Ask     string
	Options []Option
}

// Option is an answer.
type Option struct{ Name, Text string }

// Questions are asked in this order. Each takes one answer or several: what is made of several
// parts has several. The last asks for the reader's own guess, and may be left unanswered.
var Questions = []Question{
	{"objective", "What does its training make small or large?", []Option{
		{"next", "the probability of each part given the parts before it"},
		{"volume", "the likelihood, through a map that can be inverted"},
		{"bound", "a lower bound on the likelihood, with an encoder"},
		{"game", "what a second network sees that tells samples from data"},
		{"denoise", "the error in undoing noise, or in following a path from noise to data"},
		{"distil", "the distance to another, slower model's answers"},
	}},
	{"sampling", "How does it draw a sample?", []Option{
		{"parts", "part by part, each after those before it"},
		{"pass", "one pass of a network, from noise to sample"},
		{"inverse", "backwards through an invertible map"},
		{"steps", "many passes of one network, from noise to sample by and by"},
		{"few", "the same in one to a few passes"},
		{"latent", "in a latent space first, from which a decoder leads to the data"},
	}},
	{"tradeoffs", "What does it give, and what does it cost?", []Option{
		{"exact", "log p of any point, exactly"},
		{"ode", "log p of any point, by an integral with a tolerance"},
		{"bounded", "a bound on log p"},
		{"none", "no log p"},
		{"fast", "samples in one pass or a few"},
		{"slow", "samples that take many passes"},
		{"covers", "every mode is reached"},
		{"drops", "modes may be lost"},
		{"blurs", "samples may be smeared"},
		{"code", "a compact code of every point"},
		{"rigid", "an architecture that must be invertible"},
	}},
	{"place", "Where on the map would you put it? (the paradigms it is made of)", paradigmOptions()},
}

// paradigmOptions are the paradigms as answers.
func paradigmOptions() (options []Option) {
	for _, name := range Paradigms() {
		options = append(options, Option{Name: name})
	}
	return options
}

// Paradigms are the names of the regions that are no combination, in the map's order.
func Paradigms() (names []string) {
	for _, r := range Regions {
		if r.Of == nil {
			names = append(names, r.Name)
		}
	}
	return names
}

// Names are the answers that a question knows.
func (q Question) Names() (names []string) {
	for _, o := range q.Options {
		names = append(names, o.Name)
	}
	return names
}
