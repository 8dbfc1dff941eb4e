package taxonomy

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// answersOf sorts the answers that describe a model into the questions.
func answersOf(names ...string) (a Answers) {
	for _, name := range names {
		for i, to := range []*[]string{&a.Objective, &a.Sampling, &a.TradeOffs} {
			if slices.Contains(Questions()[i].Names(), name) {
				*to = append(*to, name)
			}
		}
	}
	return a
}

// TestParadigmsArePlacedAtThemselves: the answers of a paradigm lead to it and do not contradict each other.
func TestParadigmsArePlacedAtThemselves(t *testing.T) {
	for _, r := range Paradigms() {
		p := Place(answersOf(r.Answers...))
		if p.Place != r.Name || len(p.Contradictions) > 0 || p.Nearest[0].Paradigm != r.Name || len(p.Nearest[0].Shares) != len(r.Answers) {
			t.Errorf("%s: %+v", r.Name, p)
		}
	}
}

// TestEveryCombinationIsReached: the objectives of its paradigms lead to a combination.
func TestEveryCombinationIsReached(t *testing.T) {
	objective := map[string]string{}
	for _, o := range Questions()[0].Options {
		objective[o.Paradigm] = o.Name
	}
	for _, c := range Combinations() {
		var answers []string
		for _, name := range c.Of {
			answers = append(answers, objective[name])
		}
		if len(c.Of) == 1 { // a paradigm's models, distilled
			answers = append(answers, "distil")
		}
		if p := Place(answersOf(answers...)); p.Place != c.Name {
			t.Errorf("%v lead to %s, not to %s", answers, p.Place, c.Name)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		answers []string
		place   string // prefix
		wrong   string // in the contradictions, "" for none
	}{
		{[]string{"denoise", "latent", "iterative", "slow", "code"}, "latent diffusion", ""},
		{[]string{"denoise", "distil", "few-step", "fast", "mode-covering"}, "diffusion, distilled", ""},
		{[]string{"adversarial", "one-step", "exact", "fast"}, "gan", "exact and adversarial"},
		{[]string{"adversarial", "inverse", "exact", "fast"}, "normalizing flow trained adversarially", ""},
		{[]string{"denoise", "one-step", "fast"}, "diffusion", "denoise and one-step"},
		{[]string{"next", "one-step", "mode-covering", "mode-dropping"}, "autoregressive", "mode-covering and mode-dropping"},
		{[]string{"distil", "one-step", "fast", "none"}, "gan, distilled", ""},
		{[]string{"next", "elbo", "adversarial", "latent", "none"}, "a combination of autoregressive + vae + gan", "none and next"},
	} {
		p := Place(answersOf(c.answers...))
		if !strings.HasPrefix(p.Place, c.place) {
			t.Errorf("%v: %s", c.answers, p.Place)
		}
		if all := strings.Join(p.Contradictions, "; "); (c.wrong == "") != (all == "") || !strings.Contains(all, c.wrong) {
			t.Errorf("%v: contradictions %q", c.answers, all)
		}
	}
}

func TestGuess(t *testing.T) {
	a := answersOf("denoise", "latent", "iterative", "slow")
	for want, guess := range map[string][]string{
		"agrees": {"diffusion", "vae"}, "incomplete: your answers also point to vae": {"diffusion"}, "none of your answers points to gan": {"gan", "diffusion"},
	} {
		a.Place = guess
		if got := Place(a).Guess; !strings.Contains(got, want) {
			t.Errorf("%v: %q", guess, got)
		}
	}
}

// TestAnswers: a name or alias of an option is unique, every answer and paradigm that the data refer to
// exists, and no answer contradicts itself.
func TestAnswers(t *testing.T) {
	seen, aliases := map[string]bool{}, map[string]string{}
	for _, q := range Questions()[:3] {
		if q.Key == "" || q.Noun == "" || !strings.HasSuffix(q.Ask, "?") {
			t.Errorf("%+v", q)
		}
		for _, o := range q.Options {
			for _, name := range append(o.Aliases, o.Name) {
				if old, twice := aliases[name]; twice {
					t.Errorf("%s means %s and %s", name, old, o.Name)
				}
				if aliases[name] = o.Name; q.Canonical(name) != o.Name {
					t.Errorf("%s means %s, not %s", name, q.Canonical(name), o.Name)
				}
			}
			if seen[o.Name] = true; o.Paradigm != "" && !slices.Contains(ParadigmNames(), o.Paradigm) {
				t.Errorf("%s points to %s", o.Name, o.Paradigm)
			}
			if n := utf8.RuneCountInString(o.Text); n == 0 || n > 51 { // beside its name in 80 columns
				t.Errorf("%s has %d characters of text", o.Name, n)
			}
		}
	}
	var used []string
	for _, c := range contradictions() {
		used = append(used, append(c.Unless, c.Answers[:]...)...)
		if c.Answers[0] == c.Answers[1] || c.Because == "" {
			t.Errorf("%+v", c)
		}
	}
	for _, p := range Paradigms() {
		used = append(used, p.Answers...)
	}
	for _, c := range Combinations() {
		for _, name := range c.Of {
			if !slices.Contains(ParadigmNames(), name) {
				t.Errorf("%s is made of %s", c.Name, name)
			}
		}
	}
	for _, name := range used {
		if !seen[name] {
			t.Errorf("no option %s", name)
		}
	}
}

// TestOldAnswers: the names of before are accepted.
func TestOldAnswers(t *testing.T) {
	for i, names := range []string{
		"next volume bound game denoise distil", "parts pass inverse steps few latent",
		"exact ode bounded none fast slow covers drops blurs code rigid",
	} {
		for k, name := range strings.Fields(names) {
			if q := Questions()[i]; q.Canonical(name) != q.Options[k].Name {
				t.Errorf("%s means %s", name, q.Canonical(name))
			}
		}
	}
}

// TestSystemsHaveAPlace: the parts of a system belong to paradigms, whose combination is on the map.
func TestSystemsHaveAPlace(t *testing.T) {
	for _, s := range Systems() {
		for _, p := range s.Parts {
			if p.Component == "" || !slices.Contains(ParadigmNames(), p.Paradigm) {
				t.Errorf("%s has a part %+v", s.Name, p)
			}
		}
		if place := placeName(s.Of()); len(s.Of()) == 0 || strings.HasPrefix(place, "a combination of") {
			t.Errorf("%s has no place: %s", s.Name, place)
		}
		if s.Counterpart == "" {
			t.Errorf("%s has no counterpart", s.Name)
		}
	}
}

// TestLacks: nothing is missing of what is on the map, and an unknown model lacks an entry and a card.
func TestLacks(t *testing.T) {
	names := ParadigmNames()
	for _, s := range Systems() {
		names = append(names, s.Name)
	}
	for _, name := range names {
		if missing := Lacks(name); missing != nil {
			t.Errorf("%s lacks %q", name, missing)
		}
	}
	if missing := strings.Join(Lacks("normalising-goat"), "; "); !strings.Contains(missing, "an entry") || !strings.Contains(missing, "a card") {
		t.Errorf("an unknown model lacks %q", missing)
	}
	for _, c := range Cards() {
		for _, name := range c.About {
			if !slices.Contains(names, name) {
				t.Errorf("a card is about %s, which is not on the map", name)
			}
		}
	}
}

// TestStrictKeys: a misspelt or repeated key of the data is an error.
func TestStrictKeys(t *testing.T) {
	for _, text := range []string{
		"- {name: a, tilte: b}", "- {name: a, name: b}", "- {name: a, objective: {txt: b}}", "- {name: a, objective: {evidence: [{lable: b}]}}",
	} {
		if err := decode([]byte(text), new([]Paradigm)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// TestCards: there are ten, each with a question, an answer of two to four sentences and labelled
// evidence. TestLacks asks for one about each model.
func TestCards(t *testing.T) {
	if len(Cards()) != 10 {
		t.Errorf("%d cards", len(Cards()))
	}
	for _, c := range Cards() {
		for _, s := range c.Evidence {
			if s.Figure == "" || s.Label == "" {
				t.Errorf("%s: %+v", c.Question, s)
			}
		}
		sentences := strings.Count(c.Answer+" ", ". ")
		if !strings.HasSuffix(c.Question, "?") || sentences < 2 || sentences > 4 || len(c.Evidence) == 0 || !strings.HasPrefix(c.Command, "genlab ") {
			t.Errorf("%d sentences: %+v", sentences, c)
		}
	}
}
