package taxonomy

import "slices"

// rule is a pair of answers that cannot be true together, unless another is there as well.
type rule struct {
	a, b   string
	unless []string
	why    string
}

// rules are checked in this order.
var rules = []rule{
	{"exact", "none", nil, "log p cannot be exact and absent"},
	{"exact", "bounded", nil, "what is known exactly needs no bound; say which of the two it is"},
	{"ode", "none", nil, "an integral that gives log p is a log p"},
	{"bounded", "none", nil, "a bound on log p is not nothing; a generator alone has not even that"},
	{"exact", "game", []string{"volume", "next", "inverse", "parts"}, "a game trains a sampler, and a sampler has no density: for an exact log p the generator would have to be invertible, or go part by part"},
	{"exact", "bound", []string{"volume", "next"}, "a bound is maximised where the likelihood itself is out of reach; an exact log p would be maximised directly"},
	{"exact", "denoise", []string{"volume", "next"}, "undoing noise gives log p by an integral with a tolerance (ode), or a bound: neither is exact"},
	{"ode", "game", []string{"denoise", "volume"}, "there is no flow to integrate along in a game"},
	{"ode", "next", []string{"denoise", "volume"}, "a product of conditionals is exact and needs no integral"},
	{"none", "next", nil, "a product of conditionals is a likelihood, so there is one"},
	{"none", "volume", nil, "an invertible map with a known determinant has a likelihood"},
	{"fast", "slow", nil, "samples take one pass or many"},
	{"covers", "drops", nil, "either every mode is reached or some may be lost"},
	{"fast", "parts", nil, "part by part is as many passes as parts"},
	{"fast", "steps", nil, "many passes are not one; with fewer it would be few"},
	{"slow", "pass", []string{"steps", "parts"}, "one pass is not slow"},
	{"slow", "few", []string{"steps", "parts"}, "a few passes are not many"},
	{"next", "pass", []string{"distil", "latent", "parts"}, "in one pass no part knows what was drawn before it; that takes part by part, or a distilled model"},
	{"denoise", "pass", []string{"distil", "game", "latent", "steps"}, "one undoing of pure noise gives the mean of all data, a blur; one pass takes a distilled model, or a game"},
	{"volume", "pass", []string{"latent", "distil", "inverse"}, "an invertible map samples by its inverse (inverse)"},
	{"inverse", "blurs", nil, "an invertible map is trained on the exact likelihood and loses no detail to a code"},
	{"drops", "next", []string{"game"}, "likelihood is infinitely bad where a mode has no mass: modes are not what is lost"},
	{"drops", "volume", []string{"game"}, "likelihood is infinitely bad where a mode has no mass: modes are not what is lost"},
	{"rigid", "game", []string{"volume", "inverse"}, "a generator may be any network; only a density asks for an inverse"},
}

// contradictions are the reasons of the rules that the answers break.
func contradictions(a Answers) []string {
	all := slices.Concat(a.Objective, a.Sampling, a.TradeOffs)
	has := func(name string) bool { return slices.Contains(all, name) }
	found := []string{}
	for _, r := range rules {
		if has(r.a) && has(r.b) && !slices.ContainsFunc(r.unless, has) {
			found = append(found, r.a+" and "+r.b+": "+r.why)
		}
	}
	return found
}
