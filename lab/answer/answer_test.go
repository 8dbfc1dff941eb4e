package answer

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// surface is a planted response: the sum of an effect of lr, of hidden and of the seed, plus noise.
type surface struct {
	lr, hidden map[string]float64
	seed       float64 // standard deviation of what runs of a seed have in common
	noise      float64 // that of each run
}

// study draws the runs of the surface with some seeds.
func (s surface) study(seeds int, rng *rand.Rand) *Study {
	study := &Study{Title: "stub", Axes: []Axis{{Key: "lr"}, {Key: "hidden"}}, Better: map[string]string{"y": "lower"}, Metric: "y"}
	for seed := range seeds {
		common := s.seed * rng.NormFloat64()
		for lr, a := range s.lr {
			for hidden, b := range s.hidden {
				study.Runs = append(study.Runs, Run{
					Name: fmt.Sprint(len(study.Runs)), Axes: map[string]string{"lr": lr, "hidden": hidden}, Seed: uint64(seed) + 1, Status: Done,
					Metrics: map[string]float64{"y": a + b + common + s.noise*rng.NormFloat64()},
				})
			}
		}
	}
	// The order of a map is random: the answer must not depend on it.
	return study
}

func mustAnswer(t *testing.T, s *Study, by ...string) *Answer {
	t.Helper()
	a, err := s.Answer("", by)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var planted = surface{
	lr:     map[string]float64{"0.001": 1, "0.003": 0.4, "0.01": 0.4},
	hidden: map[string]float64{"32": 0.5, "64": 0},
	seed:   0.5, noise: 0.1,
}

// TestCoverage: over 1000 simulated sweeps of 5 seeds the 95 % intervals of means, of main effects and of paired
// differences contain the planted values in 93 to 97 % of cases (95 % ± 3 standard errors of 0.7 %), and Holm's correction
// calls a difference that does not exist significant in at most 7 %.
func TestCoverage(t *testing.T) {
	const n = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	covered := map[string]int{}
	hit := func(name string, truth float64, mean, half Number) {
		if math.Abs(float64(mean)-truth) <= float64(half) {
			covered[name]++
		}
	}
	wrong, found := 0, 0
	for range n {
		a := mustAnswer(t, planted.study(5, rng))
		for _, c := range a.Sections[0].Cells {
			if c.Axes["lr"] == "0.003" && c.Axes["hidden"] == "64" {
				hit("mean", 0.4, c.Mean, c.Half)
			}
		}
		lr := a.Sections[0].Effects[0]
		if lr.Axis.Key != "lr" || lr.Blocks != 2 || lr.All != 2 || len(lr.Pairs) != 3 {
			t.Fatalf("%+v", lr)
		}
		hit("main effect", 0.4+0.25, lr.Levels[1].Mean, lr.Levels[1].Half)
		hit("difference", -0.6, lr.Pairs[0].By.Mean, lr.Pairs[0].By.Half)
		hit("no difference", 0, lr.Pairs[2].By.Mean, lr.Pairs[2].By.Half)
		if lr.Pairs[2].By.Significant() {
			wrong++
		}
		if lr.Pairs[0].By.Significant() && lr.Pairs[1].By.Significant() && a.Sections[0].Effects[1].Pairs[0].By.Significant() {
			found++
		}
	}
	for name, k := range covered {
		if k < 930 || k > 970 {
			t.Errorf("the interval of a %s covers in %d of %d sweeps", name, k, n)
		}
	}
	if len(covered) != 4 || wrong > 70 || found < 990 {
		t.Errorf("%d intervals; %d of %d sweeps find a difference that is not there, %d find those that are", len(covered), wrong, n, found)
	}
}

// TestFamilyWiseError: where nothing has an effect, a sweep calls any difference significant, be it of an axis or from
// the best, in at most 5 % of cases (7 % with 3 standard errors): each family for itself.
func TestFamilyWiseError(t *testing.T) {
	const n = 1000
	none := surface{lr: map[string]float64{"1": 0, "2": 0, "3": 0}, hidden: map[string]float64{"1": 0, "2": 0}, seed: 1, noise: 1}
	rng := rand.New(rand.NewPCG(3, 4))
	effects, best := 0, 0
	for range n {
		s := mustAnswer(t, none.study(5, rng)).Sections[0]
		if slices.ContainsFunc(s.Effects, func(e *Effect) bool {
			return slices.ContainsFunc(e.Pairs, func(p Pair) bool { return p.By.Significant() })
		}) {
			effects++
		}
		if slices.ContainsFunc(s.Cells, func(c *Cell) bool { return !c.Untold }) {
			best++
		}
	}
	if effects > 70 || best > 70 {
		t.Errorf("of %d sweeps without effects %d have a significant one, %d a worse configuration", n, effects, best)
	}
	if effects < 20 {
		t.Errorf("%d of %d: the correction is far too strong", effects, n)
	}
}

// TestBest: the planted best is found, what equals it cannot be told from it, and the rest can.
func TestBest(t *testing.T) {
	s := planted
	s.noise = 0.01
	a := mustAnswer(t, s.study(8, rand.New(rand.NewPCG(5, 6))))
	for _, c := range a.Sections[0].Cells {
		good := c.Axes["lr"] != "0.001" && c.Axes["hidden"] == "64"
		if c.Untold != good {
			t.Errorf("%v: told from the best %v", c.Axes, !c.Untold)
		}
	}
	s2 := s.study(8, rand.New(rand.NewPCG(5, 6)))
	s2.Better["y"] = "higher"
	if c := mustAnswer(t, s2).Sections[0].Cells[0]; c.Axes["lr"] != "0.001" || c.Axes["hidden"] != "32" || !c.Best {
		t.Errorf("where higher is better the best is %v", c.Axes)
	}
	delete(s2.Better, "y")
	if c := mustAnswer(t, s2).Sections[0].Cells[0]; c.Best || c.FromBest != nil {
		t.Error("a metric without a direction has a best")
	}
}

// TestBy: averaging over the other axis gives the means of the main effect.
func TestBy(t *testing.T) {
	study := planted.study(5, rand.New(rand.NewPCG(7, 8)))
	whole, by := mustAnswer(t, study), mustAnswer(t, study, "lr")
	if len(by.Sections[0].Cells) != 3 || len(by.Axes) != 1 {
		t.Fatalf("%d configurations", len(by.Sections[0].Cells))
	}
	for _, l := range whole.Sections[0].Effects[0].Levels {
		i := slices.IndexFunc(by.Sections[0].Cells, func(c *Cell) bool { return c.Axes["lr"] == l.Value })
		if c := by.Sections[0].Cells[i]; !(math.Abs(float64(c.Mean-l.Mean)) <= 1e-12) || !(math.Abs(float64(c.Half-l.Half)) <= 1e-12) {
			t.Errorf("lr %s: %v and %v", l.Value, c.Mean, l.Mean)
		}
	}
	if _, err := study.Answer("", []string{"hiden"}); err == nil || !strings.Contains(err.Error(), `did you mean "hidden"`) {
		t.Error(err)
	}
	if _, err := study.Answer("z", nil); err == nil || !strings.Contains(err.Error(), `unknown metric "z"`) {
		t.Error(err)
	}
}

// TestLostRuns: a configuration of which a run diverged keeps its row, is not the best, and leaves the blocks of main
// effects; the reason is listed.
func TestLostRuns(t *testing.T) {
	study := planted.study(5, rand.New(rand.NewPCG(9, 10)))
	for i, r := range study.Runs {
		if r.Axes["lr"] == "0.01" && r.Axes["hidden"] == "64" && r.Seed == 2 {
			study.Runs[i] = Run{Name: r.Name, Axes: r.Axes, Seed: 2, Status: Diverged, Reason: "diverged at step 3"}
		}
	}
	a := mustAnswer(t, study)
	cells := a.Sections[0].Cells
	if c := cells[len(cells)-1]; c.Missing != 1 || c.Best || c.Untold || c.FromBest != nil || !finite(float64(c.Mean)) {
		t.Errorf("%+v", c)
	}
	lr, hidden := a.Sections[0].Effects[0], a.Sections[0].Effects[1]
	if lr.Blocks != 1 || lr.All != 2 || hidden.Blocks != 2 || hidden.All != 3 {
		t.Errorf("blocks: %d of %d, %d of %d", lr.Blocks, lr.All, hidden.Blocks, hidden.All)
	}
	for _, text := range []string{a.Text(), string(a.Markdown())} {
		if !strings.Contains(text, "seed 2) diverged: diverged at step 3") || !strings.Contains(text, "1 of 5 missing") || !strings.Contains(text, "29 of 30 runs done, 1 diverged") {
			t.Error(text)
		}
	}
}

// TestTrends: over 1000 random searches, with one seed or three, whose response is linear in lr, curved in hidden and does
// not depend on act, the interval of the slope covers in 93 to 97 %, and act is significant in at most 7 %.
func TestTrends(t *testing.T) {
	const n = 1000
	rng := rand.New(rand.NewPCG(11, 12))
	search := func(seeds int) *Study {
		s := &Study{Title: "stub", Axes: []Axis{{Key: "lr", Log: true}, {Key: "hidden"}, {Key: "act"}}, Better: map[string]string{"y": "lower"}, Metric: "y"}
		for range 40 {
			u, v := rng.Float64(), rng.Float64()
			axes := map[string]string{"lr": format(math.Pow(10, -4+2*u)), "hidden": format(v), "act": []string{"relu", "silu", "tanh"}[rng.IntN(3)]}
			for seed := range seeds {
				y := 3*u + 2*(v-0.5)*(v-0.5) + 0.1*rng.NormFloat64()
				s.Runs = append(s.Runs, Run{Axes: axes, Seed: uint64(seed), Status: Done, Metrics: map[string]float64{"y": y}})
			}
		}
		return s
	}
	for _, seeds := range []int{1, 3} {
		covered, wrong := 0, 0
		for range n {
			s := search(seeds)
			e := mustAnswer(t, s).Sections[0].Effects
			lr, act := e[0].Trend, e[2]
			if lr == nil || !lr.By.Significant() || !act.Unmatched || len(act.Pairs) != 3 {
				t.Fatalf("%d seeds: %+v, %+v", seeds, lr, act)
			}
			from, _ := strconv.ParseFloat(lr.From, 64)
			to, _ := strconv.ParseFloat(lr.To, 64)
			if truth := 3 * math.Log10(to/from) / 2; math.Abs(float64(lr.By.Mean)-truth) <= float64(lr.By.Half) {
				covered++
			}
			if slices.ContainsFunc(act.Pairs, func(p Pair) bool { return p.By.Significant() }) {
				wrong++
			}
		}
		if covered < 930 || covered > 970 || wrong > 70 {
			t.Errorf("%d seeds: of %d searches the slope covers in %d, and %d find an effect that is not there", seeds, n, covered, wrong)
		}
	}
}

// TestHolm: the example of three tests, and a list that is part of a larger family.
func TestHolm(t *testing.T) {
	list := []*Difference{{P: 0.01}, {P: 0.04}, {P: 0.03}, {P: Number(math.NaN())}}
	holm(list, 3)
	for i, want := range []float64{0.03, 0.06, 0.06} {
		if !(math.Abs(float64(list[i].Adjusted)-want) <= 1e-12) {
			t.Errorf("%d: %v, want %v", i, list[i].Adjusted, want)
		}
	}
	holm(list, 10)
	if !(math.Abs(float64(list[0].Adjusted)-0.1) <= 1e-12) {
		t.Error(list[0].Adjusted)
	}
}

// TestSameAnswer: the same runs in another order give the same bytes in every format.
func TestSameAnswer(t *testing.T) {
	study := planted.study(5, rand.New(rand.NewPCG(13, 14)))
	slices.SortFunc(study.Runs, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	first, err := mustAnswer(t, study).Files(study)
	if err != nil {
		t.Fatal(err)
	}
	shuffled := *study
	shuffled.Runs = slices.Clone(study.Runs)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(study.Runs), func(i, j int) {
		shuffled.Runs[i], shuffled.Runs[j] = shuffled.Runs[j], shuffled.Runs[i]
	})
	second, err := mustAnswer(t, &shuffled).Files(study)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range first {
		if string(f.Data) != string(second[i].Data) {
			t.Errorf("%s depends on the order of the runs", f.Name)
		}
	}
	var back Answer
	if err := json.Unmarshal(first[2].Data, &back); err != nil || back.Counts.Done != 30 {
		t.Error(err)
	}
}
