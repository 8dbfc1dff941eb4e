package answer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// nested is a study of a flow, which has bins, and a VAE, which has a latent width: y is 0.3 more for the VAE, in the middle
// of the settings that only one of them has.
func nested(trials, seeds int, rng *rand.Rand) *Study {
	s := &Study{Title: "stub", Axes: []Axis{{Key: "model"}, {Key: "lr"}, {Key: "bins"}, {Key: "act"}}, Better: map[string]string{"y": "lower"}, Metric: "y"}
	var configurations []map[string]string
	for _, lr := range []string{"0", "1"} {
		for _, bins := range []string{"8", "16"} {
			configurations = append(configurations, map[string]string{"model": "flow", "lr": lr, "bins": bins})
		}
		for _, act := range []string{"relu", "silu", "tanh"} {
			configurations = append(configurations, map[string]string{"model": "vae", "lr": lr, "act": act})
		}
	}
	if trials > 0 {
		configurations = nil
	}
	for i := range trials {
		c := map[string]string{"model": "flow", "lr": format(rng.Float64()), "bins": format(8 + 8*rng.Float64())}
		if i%2 == 1 {
			c = map[string]string{"model": "vae", "lr": c["lr"], "act": []string{"relu", "silu", "tanh"}[rng.IntN(3)]}
		}
		configurations = append(configurations, c)
	}
	common := make([]float64, seeds)
	for seed := range common {
		common[seed] = rng.NormFloat64()
	}
	for i, c := range configurations {
		y := 0.3 * indicator(c["model"] == "vae")
		var lr, bins float64
		fmt.Sscan(c["lr"], &lr)
		y += lr
		if fmt.Sscan(c["bins"], &bins); bins > 0 {
			y += 0.2 * (bins - 12) / 8
		}
		y += map[string]float64{"relu": 0.1, "silu": -0.1}[c["act"]] // tanh 0
		for seed := range seeds {
			s.Runs = append(s.Runs, Run{Name: fmt.Sprint(i), Axes: c, Seed: uint64(seed), Status: Done, Metrics: map[string]float64{"y": y + common[seed] + 0.1*rng.NormFloat64()}})
		}
	}
	return s
}

// TestPartialAxes: over 1000 sweeps of two models of which each has a setting of its own, the 95 % interval of the difference
// of the models covers the planted one in 93 to 97 %, and so do those of the settings that one model has, in a grid and in a
// search.
func TestPartialAxes(t *testing.T) {
	const n = 1000
	truth := map[string]float64{"model": 0.3, "bins": 0.2, "act": -0.2}
	for _, trials := range []int{0, 40} {
		rng := rand.New(rand.NewPCG(21, uint64(trials)))
		covered := map[string]int{}
		for range n {
			for _, e := range mustAnswer(t, nested(trials, 5, rng)).Sections[0].Effects {
				want := truth[e.Axis.Key]
				if e.Axis.Key == "lr" {
					continue
				}
				if e.Axis.Key == "model" && (slices.Equal(e.Averaged, []string{"bins", "act"}) != (trials == 0) || e.Unmatched != (trials > 0)) {
					t.Fatalf("%+v", e)
				}
				c := e.Comparisons()[0]
				if trend := e.Trend; trend != nil {
					var from, to float64
					fmt.Sscan(trend.From, &from)
					fmt.Sscan(trend.To, &to)
					want *= (to - from) / 8
				}
				if math.Abs(float64(c.By.Mean)-want) <= float64(c.By.Half) {
					covered[e.Axis.Key]++
				}
				if !(c.By.Adjusted >= c.By.P) {
					t.Fatalf("%s has p %v, corrected %v", e.Axis.Key, c.By.P, c.By.Adjusted)
				}
			}
		}
		for name := range truth {
			if k := covered[name]; k < 930 || k > 970 {
				t.Errorf("%d trials: the interval of %s covers in %d of %d sweeps", trials, name, k, n)
			}
		}
	}
}

// TestWidth: the tables of sweeps of few and of many axes with short and long values fit a terminal and keep every word.
func TestWidth(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, axes := range []int{1, 3, 6, 12} {
		for _, long := range []bool{false, true} {
			s := &Study{Title: "flow", Better: map[string]string{"nats_per_character": "lower"}, Metric: "nats_per_character"}
			for i := range axes {
				s.Axes = append(s.Axes, Axis{Key: fmt.Sprintf("weight-decay-%c", 'a'+i)})
			}
			for i := range 6 {
				c := map[string]string{}
				for j, x := range s.Axes {
					c[x.Key] = fmt.Sprint((i >> (j % 2)) % 2)
					if long {
						c[x.Key] += "-a-long-word-of-25-columns"
					}
				}
				for seed := range 3 {
					s.Runs = append(s.Runs, Run{Axes: c, Seed: uint64(seed), Status: []string{Done, Failed}[indicatorInt(i == 5)], Reason: "no space left", Metrics: map[string]float64{"nats_per_character": rng.NormFloat64()}})
				}
			}
			text := mustAnswer(t, s).Text()
			if w := width(text); w > 80 {
				t.Errorf("%d axes, long values %v: %d columns in\n%s", axes, long, w, text)
			}
			for _, x := range s.Axes {
				if !strings.Contains(strings.Join(strings.Fields(text), ""), strings.ReplaceAll(x.Key, " ", "")) {
					t.Errorf("%d axes: no %s in\n%s", axes, x.Key, text)
				}
			}
		}
	}
}

func indicatorInt(b bool) int { return int(indicator(b)) }
