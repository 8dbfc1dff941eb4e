package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"genlab/lab/models"
)

// request reads a plan in YAML.
func request(t *testing.T, yaml string) (Request, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o666); err != nil {
		t.Fatal(err)
	}
	return ReadPlan(path)
}

// plan expands a plan in YAML.
func plan(t *testing.T, yaml string) *Plan {
	t.Helper()
	q, err := request(t, yaml)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(models.All, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// column returns an axis' value in each run of the first seed, "" where it does not apply.
func column(p *Plan, key string) (values []string) {
	for _, e := range p.Entries {
		if e.Seed == 1 {
			values = append(values, e.Axes[key])
		}
	}
	return values
}

func TestGrid(t *testing.T) {
	p := plan(t, `
model: flow
data: [moons, rings]
seeds: 3
settings:
  steps: 100
  lr: [1e-3, 0.003]
  hidden: {from: 16, to: 64, scale: log, count: 3}
`)
	if len(p.Entries) != 2*2*3*3 || p.Configurations() != 12 {
		t.Errorf("%d runs of %d configurations", len(p.Entries), p.Configurations())
	}
	if got := strings.Join(column(p, "hidden"), " "); !strings.HasPrefix(got, "16 32 64 16 32 64") {
		t.Errorf("hidden is %s", got)
	}
	e := p.Entries[3]
	if e.String() != "data moons, hidden 32, lr 0.001, seed 1" || setting(e.job, "hidden").Default != "32" || setting(e.job, "steps").Default != "100" {
		t.Errorf("run 3 is %v, hidden %s", e, setting(e.job, "hidden").Default)
	}
	if _, fixed := e.Axes["steps"]; fixed {
		t.Error("a fixed setting is an axis")
	}
	if h := p.request.header(); h.Axes != "data,lr,hidden:log" {
		t.Errorf("axes are %s", h.Axes)
	}
}

// TestConditions: a setting of one model, and one that depends on another setting, are not varied elsewhere.
func TestConditions(t *testing.T) {
	p := plan(t, `
model: [flow, vae]
settings:
  steps: 50
  latent: {values: [1, 2], when: {model: vae}}
  lr: [0.001, 0.002]
  final-lr: {values: [0.0001, 0.0002], when: {lr: 0.002}}
`)
	var got []string
	for _, e := range p.Entries {
		got = append(got, e.Model+" "+e.Axes["latent"]+" "+e.Axes["lr"]+" "+e.Axes["final-lr"])
	}
	want := []string{"flow  0.001 ", "flow  0.002 0.0001", "flow  0.002 0.0002", "vae 1 0.001 ", "vae 1 0.002 0.0001", "vae 1 0.002 0.0002",
		"vae 2 0.001 ", "vae 2 0.002 0.0001", "vae 2 0.002 0.0002"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestMoreTrialsKeepTheFirst: for every search, on linear, logarithmic and whole ranges and on lists.
func TestMoreTrialsKeepTheFirst(t *testing.T) {
	for _, search := range []string{"random", "sobol", "halton"} {
		trials := func(n int, seed string) *Plan {
			return plan(t, "model: flow\nseeds: 2\nsearch: "+search+"\nsearch-seed: "+seed+"\ntrials: "+strconv.Itoa(n)+`
settings:
  lr: {from: 1e-4, to: 1e-2, scale: log}
  hidden: {from: 16, to: 200}
  batch: [64, 128, 256]
`)
		}
		few, many, other := trials(10, "7"), trials(64, "7"), trials(10, "8")
		for i, e := range few.Entries {
			if m := many.Entries[i]; e.String() != m.String() {
				t.Fatalf("%s: run %d is %v of 10 trials and %v of 64", search, i, e, m)
			}
		}
		if slices.Equal(column(few, "lr"), column(other, "lr")) {
			t.Errorf("%s: the seed of the search changes nothing", search)
		}
		small := 0 // half of a logarithmic range lies below the geometric mean of its ends
		for _, v := range column(many, "lr") {
			x, _ := strconv.ParseFloat(v, 64)
			if x < 1e-4 || x > 1e-2 || len(v) > 9 {
				t.Errorf("%s: lr %s", search, v)
			}
			if x < 1e-3 {
				small++
			}
		}
		if tolerance := map[string]int{"random": 12, "sobol": 0, "halton": 1}[search]; small < 32-tolerance || small > 32+tolerance { // random: 3 standard errors of 4
			t.Errorf("%s: %d of 64 below the middle", search, small)
		}
		counts := map[string]int{}
		for _, v := range column(many, "batch") {
			counts[v]++
		}
		if len(counts) != 3 {
			t.Errorf("%s: batches %v", search, counts)
		}
	}
}

// TestFewValuesRepeat: a search among few combinations has each once.
func TestFewValuesRepeat(t *testing.T) {
	p := plan(t, "model: flow\nsearch: random\ntrials: 50\nsettings:\n  hidden: [16, 32]\n  batch: [64, 128]\n")
	if len(p.Entries) != 4 {
		t.Errorf("%d runs", len(p.Entries))
	}
}

// TestBadPlans: what is wrong is said with its line and what would be right, before anything starts.
func TestBadPlans(t *testing.T) {
	for yaml, want := range map[string]string{
		"modell: flow\n":                                                                                 `:1:1: unknown key "modell": did you mean "model"?`,
		"model: flwo\n":                                                                                  `:1:1: unknown model "flwo": did you mean "flow"?`,
		"model: flow\nlr: 1\n":                                                                           `:2:1: unknown key "lr". Valid keys: model`,
		"data: moons\n":                                                                                  "a sweep needs a model",
		"model: flow\ndata: [mons]\n":                                                                    `:2:1: unknown dataset "mons": did you mean "moons"?`,
		"model: flow\ndata: markov\n":                                                                    "is a text",
		"model: flow\nseeds: 0\n":                                                                        ":2:1: there are 0 seeds",
		"model: flow\nseeds: [1, 1]\n":                                                                   "seed 1 is given twice",
		"model: flow\nseeds: many\n":                                                                     `:2:8: seeds is a whole number from 0, not "many"`,
		"model: flow\nsettings:\n  lr: [1]\n  hidenn: [2]\n":                                             `:4:3: unknown key "hidenn": did you mean "hidden"?`,
		"model: flow\nsettings:\n  lr: []\n":                                                             ":3:7: the list is empty",
		"model: flow\nsettings:\n  lr: [0.001, -1]\n":                                                    ":3:3: lr is -1, but must be above 0",
		"model: flow\nsettings:\n  lr: [0.001, 1e-3]\n":                                                  "lr has the value 0.001 twice",
		"model: flow\nsettings:\n  hidden: [1.5]\n":                                                      `must be a whole number in decimal digits, not "1.5"`,
		"model: flow\nsettings:\n  lr: [1]\n  lr: [2]\n":                                                 `:4:3: is not YAML: mapping key "lr" already defined`,
		"model: flow\nsettings:\n  lr: {from: 1e-4, to: 1e-2}\n":                                         ":3:3: a range needs a number of values in a grid",
		"model: flow\nsettings:\n  lr: {from: 1, to: 0.1, count: 3}\n":                                   "the range from 1 to 0.1 is empty",
		"model: flow\nsettings:\n  warmup: {from: 0, to: 9, count: 3, scale: log}\n":                     "a logarithmic range begins above 0",
		"model: flow\nsettings:\n  lr: {from: 1, count: 3}\n":                                            "lr: want values, or from and to",
		"model: flow\nsettings:\n  lr: {from: 1, too: 3}\n":                                              `:3:17: unknown key "too": did you mean "to"?`,
		"model: flow\nsearch: random\ntrials: 5\n":                                                       ":2:1: there is nothing to search",
		"model: flow\nsearch: randon\n":                                                                  `:2:9: unknown search "randon": did you mean "random"?`,
		"model: flow\ntrials: 5\n":                                                                       "a grid has as many configurations as there are combinations",
		"model: flow\nsearch: sobol\nsettings:\n  lr: [1, 2]\n":                                          "needs a number from 1 to 100000",
		"model: flow\nhalving: 1\n":                                                                      "halving is 1, but must be 2 to 10",
		"model: flow\nhalving: 2\nsettings:\n  steps: [10, 20]\n":                                        "halving compares runs after the same number of steps",
		"model: [flow, vae]\nsettings:\n  latent: [1, 2]\n":                                              "flow has no setting of that name",
		"model: [flow, gan]\nsettings:\n  latent: {values: [1], when: {model: vae}}\n":                   "holds for no model of the plan",
		"model: flow\nsettings:\n  lr: {values: [1], when: {hiddn: 3}}\n":                                `:3:28: in a condition: unknown key "hiddn": did you mean "hidden"?`,
		"model: flow\nsettings:\n  final-lr: [0.1, 0.0001]\n":                                            ":3:3: final-lr is 0.1, but must be at most lr, which is 0.003 (in the combination final-lr 0.1)",
		"model: flow\nsettings:\n  seed: [1, 2]\n":                                                       "seed is no axis",
		"model: flow\nsettings:\n  optimizer: {from: 1, to: 2, count: 2}\n":                              "unknown optimizer",
		"model: flow\nsettings: 3\n":                                                                     `:2:11: settings: want "key: value" lines`,
		"model: flow\nseeds: 1000\nsettings:\n  batch: {from: 1, to: 1000, count: 500}\n":                "the plan has more than 100000 runs",
		"model: [flow, video]\n":                                                                         "flow learns 8gaussians by default, but video bounce",
		"model: flow\nseeds: 2000000000\n":                                                               "there are 1001 seeds",
		"model: flow\nsettings:\n  lr: {from: 1e-4, to: 1e-2, values: [1], when: {model: flow}}\n":       "values and a range exclude each other",
		"model: flow\nsettings:\n  lr: {values: [1e-3, 2e-3], when: {lr: 1e-3, model: flow}, count: }\n": "has no value",
	} {
		q, err := request(t, yaml)
		var p *Plan
		if err == nil {
			if p, err = New(models.All, q); err == nil {
				_, err = p.Describe(2)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", yaml, err, want)
		}
	}
}

func TestParseAxis(t *testing.T) {
	for text, want := range map[string]string{
		"1e-3,3e-3":                     `[1e-3 3e-3]`,
		`file:a.csv?columns=a\,b,moons`: `[file:a.csv?columns=a,b moons]`,
		"1e-4..1e-2:log:5":              `{0.0001 0.01 true 5}`,
		"16..64":                        `{16 64 false 0}`,
		"-1..1:linear":                  `{-1 1 false 0}`,
		"1..x":                          "no end of a range",
		"1..2:lgo":                      "neither log, nor linear",
		"1,,2":                          "empty value",
		"":                              "empty value",
		"file:../a.csv":                 "[file:../a.csv]",
		"2..1":                          "is empty",
	} {
		a, err := ParseAxis("lr", text)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case a.Range != nil:
			got = fmt.Sprint(*a.Range)
		default:
			got = fmt.Sprint(a.Values)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestNoSpace: too small a disk is an error with both sizes before anything is written; an unknown one is not.
func TestNoSpace(t *testing.T) {
	p := plan(t, "model: flow\nseeds: 10\nsettings:\n  hidden: [64, 128]\n")
	free := func(bytes float64, known bool) error {
		return p.checkSpace("out", func(string) (float64, bool) { return bytes, known })
	}
	if err := free(1e6, true); err == nil || !strings.Contains(err.Error(), "the disk of out has 1 MB left") || !strings.Contains(err.Error(), " MB, but") {
		t.Error(err)
	}
	if err := errors.Join(free(1e12, true), free(0, false), p.CheckSpace(t.TempDir())); err != nil {
		t.Error(err)
	}
}

// TestPlansGrow: a plan with more values or seeds keeps the index of every earlier run, and appends.
func TestPlansGrow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	open := func(yaml string) (*Sweep, error) { return plan(t, yaml).Open(dir) }
	if _, err := open("model: flow\nseeds: 2\nsettings:\n  lr: [0.001, 0.002]\n"); err != nil {
		t.Fatal(err)
	}
	s, err := open("model: flow\nseeds: 3\nsettings:\n  lr: [0.003, 0.001, 0.002]\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, e := range s.Entries {
		if e.Index != i {
			t.Errorf("entry %d has the index %d", i, e.Index)
		}
		got = append(got, fmt.Sprintf("%s/%d", e.Axes["lr"], e.Seed))
	}
	if want := "0.001/1 0.001/2 0.002/1 0.002/2 0.003/1 0.003/2 0.003/3 0.001/3 0.002/3"; strings.Join(got, " ") != want || s.Reused != 4 {
		t.Errorf("got %s, %d reused", got, s.Reused)
	}
	read, err := readEntries(s.dir)
	if err != nil || len(read) != 9 || read[8].Axes["lr"] != "0.002" || read[8].Seed != 3 {
		t.Errorf("the file has %v, %v", read, err)
	}
	for yaml, want := range map[string]string{
		"model: flow\nseeds: 3\nsettings:\n  lr: [0.001, 0.002]\n":                      "its run 4 (lr 0.003, seed 1) is not in this one; lr is 0.003 there and 0.001 here",
		"model: flow\nseeds: 3\nsettings:\n  hidden: 16\n  lr: [0.001, 0.002, 0.003]\n": "hidden is 48 there and 16 here",
	} {
		if _, err := open(yaml); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
