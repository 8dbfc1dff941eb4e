package taxonomy

import (
	"slices"
	"strings"
	"testing"
)

// answersOf describes a system by traits, sorted into the questions.
func answersOf(traits ...string) (a Answers) {
	for _, t := range traits {
		for i, to := range []*[]string{&a.Objective, &a.Sampling, &a.TradeOffs} {
			if slices.Contains(Questions[i].Names(), t) {
				*to = append(*to, t)
			}
		}
	}
	return a
}

// TestParadigmsArePlacedAtThemselves: who describes a paradigm as the map does is led to it, and
// contradicts nothing.
func TestParadigmsArePlacedAtThemselves(t *testing.T) {
	for _, r := range Regions {
		if r.Of != nil {
			continue
		}
		traits := r.Traits
		p := Place(answersOf(traits...))
		if p.Place != r.Name || len(p.Contradictions) > 0 || p.Nearest[0].Paradigm != r.Name || len(p.Nearest[0].Shares) != len(traits) {
			t.Errorf("%s: %+v", r.Name, p)
		}
	}
}

// TestEveryCombinationIsReached: the objectives of its parts lead to a combination.
func TestEveryCombinationIsReached(t *testing.T) {
	objective := map[string]string{}
	for _, o := range Questions[0].Options {
		objective[owners[o.Name]] = o.Name
	}
	for _, r := range Regions {
		var traits []string
		for _, name := range r.Of {
			traits = append(traits, objective[name])
		}
		if len(r.Of) == 1 { // one paradigm's models, imitated
			traits = append(traits, "distil")
		}
		if r.Of != nil {
			if p := Place(answersOf(traits...)); p.Place != r.Name {
				t.Errorf("%v lead to %s, not to %s", traits, p.Place, r.Name)
			}
		}
	}
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		traits []string
		place  string // begins with
		wrong  string // of the contradictions, "" for none
	}{
		{[]string{"denoise", "latent", "steps", "slow", "code"}, "latent diffusion", ""},
		{[]string{"denoise", "distil", "few", "fast", "covers"}, "diffusion, distilled", ""},
		{[]string{"game", "pass", "exact", "fast"}, "gan", "exact and game"},
		{[]string{"game", "inverse", "exact", "fast"}, "a flow trained by a critic", ""},
		{[]string{"denoise", "pass", "fast"}, "diffusion", "denoise and pass"},
		{[]string{"next", "pass", "covers", "drops"}, "autoregressive", "covers and drops"},
		{[]string{"distil", "pass", "fast", "none"}, "gan, distilled", ""},
		{[]string{"next", "bound", "game", "latent", "none"}, "a combination of autoregressive + vae + gan", "none and next"},
	} {
		p := Place(answersOf(c.traits...))
		if !strings.HasPrefix(p.Place, c.place) {
			t.Errorf("%v: %s", c.traits, p.Place)
		}
		if all := strings.Join(p.Contradictions, "; "); (c.wrong == "") != (all == "") || !strings.Contains(all, c.wrong) {
			t.Errorf("%v: contradictions %q", c.traits, all)
		}
	}
}

func TestGuess(t *testing.T) {
	a := answersOf("denoise", "latent", "steps", "slow")
	for want, guess := range map[string][]string{
		"agree": {"diffusion", "vae"}, "as well": {"diffusion"}, "nothing in the answers is of gan": {"gan", "diffusion"},
	} {
		a.Place = guess
		if got := Place(a).Guess; !strings.Contains(got, want) {
			t.Errorf("%v: %q", guess, got)
		}
	}
}

// TestNames: every name that the tables use is an option, once, and no rule is of one answer.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range Questions[:3] {
		for _, o := range q.Options {
			if seen[o.Name] {
				t.Errorf("%s twice", o.Name)
			}
			seen[o.Name] = true
		}
	}
	var used []string
	for _, r := range rules {
		used = append(used, append(r.unless, r.a, r.b)...)
		if r.a == r.b {
			t.Errorf("%s against itself", r.a)
		}
	}
	for _, r := range Regions {
		used = append(used, r.Traits...)
		for _, name := range r.Of {
			if !slices.Contains(Paradigms(), name) {
				t.Errorf("%s is made of %s", r.Name, name)
			}
		}
	}
	for name := range owners {
		used = append(used, name)
	}
	for _, name := range used {
		if !seen[name] {
			t.Errorf("no option %s", name)
		}
	}
}

// TestSystemsHaveAPlace: the parts of a system are of paradigms, and these make a region of the map.
func TestSystemsHaveAPlace(t *testing.T) {
	for _, s := range Systems {
		for _, p := range s.Parts {
			if p.Component == "" || !slices.Contains(Paradigms(), p.Paradigm) {
				t.Errorf("%s has a part %+v", s.Name, p)
			}
		}
		if place := placeName(s.Of()); len(s.Of()) == 0 || strings.HasPrefix(place, "a combination of") {
			t.Errorf("%s lies nowhere: %s", s.Name, place)
		}
		for _, st := range s.Statements() {
			if st.Text == "" {
				t.Errorf("%s says nothing of its %s", s.Name, st.Name)
			}
		}
	}
}

// TestCards: there are ten, each with a question, an answer of two to four sentences and something
// measured, and together they speak of every paradigm and system.
func TestCards(t *testing.T) {
	if len(Cards) != 10 {
		t.Errorf("%d cards", len(Cards))
	}
	spoken := map[string]bool{}
	for _, c := range Cards {
		for _, name := range c.Of {
			spoken[name] = true
		}
		for _, s := range c.Shown {
			if s.Figure == "" || s.Label == "" {
				t.Errorf("%s: %+v", c.Question, s)
			}
		}
		sentences := strings.Count(c.Answer+" ", ". ")
		if !strings.HasSuffix(c.Question, "?") || sentences < 2 || sentences > 4 || len(c.Shown) == 0 || !strings.HasPrefix(c.Command, "genlab ") {
			t.Errorf("%d sentences: %+v", sentences, c)
		}
	}
	names := Paradigms()
	for _, s := range Systems {
		names = append(names, s.Name)
	}
	for _, name := range names {
		if !spoken[name] {
			t.Errorf("no card speaks of %s", name)
		}
		delete(spoken, name)
	}
	if len(spoken) > 0 {
		t.Errorf("cards speak of what the map does not have: %v", spoken)
	}
}
