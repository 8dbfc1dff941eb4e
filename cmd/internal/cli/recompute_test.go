package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab/datasets"
)

// says runs a command in this process and returns what it prints.
func says(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if err := Run(t.Context(), args, &out, &errs); err != nil {
		t.Fatalf("genlab %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return out.String()
}

// scores are those of genlab score, through files.
func scores(t *testing.T, of string, x mat.Matrix) []float64 {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.npy")
	if err := datasets.WritePoints(name, mat.DenseCopyOf(x)); err != nil {
		t.Fatal(err)
	}
	return numbers(t, says(t, "score", of, "--points", name))
}

func numbers(t *testing.T, lines string) []float64 {
	t.Helper()
	var v []float64
	for _, line := range strings.Fields(lines) {
		f, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		v = append(v, f)
	}
	return v
}

// evaluated are the metrics of genlab eval.
func evaluated(t *testing.T, args ...string) map[string]struct{ Value, SE float64 } {
	t.Helper()
	var r struct {
		Metrics map[string]struct{ Value, SE float64 }
	}
	if err := json.Unmarshal([]byte(says(t, append([]string{"eval", "--json"}, args...)...)), &r); err != nil {
		t.Fatal(err)
	}
	return r.Metrics
}

// TestLikelihoodsFromOutside: the mean of the scores of other fresh points is the NLL that eval
// states, within three standard errors of both; and a histogram of samples has, bin by bin, the
// mass that the scores of a grid give it, by χ² at 0.0001.
func TestLikelihoodsFromOutside(t *testing.T) {
	const n, side, bins = 10000, 400, 20 // samples; points of the grid on an axis, and bins
	ds, err := datasets.ByName("moons")
	if err != nil {
		t.Fatal(err)
	}
	xmin, xmax, ymin, ymax := -2.5, 3.5, -2., 2.5 // farther than an untrained tail
	for _, model := range []string{"flow", "autoregressive"} {
		dir := filepath.Join(t.TempDir(), model)
		says(t, "train", model, "--smoke", "--data", ds.Name, "--out", dir, "--train-only")

		fresh := scores(t, dir, ds.Sampler.Sample(n, rand.New(rand.NewPCG(5, 6))))
		mean, sd := stat.MeanStdDev(fresh, nil)
		stated := evaluated(t, dir, "-n", "1000")["nll"]
		if se := math.Hypot(stated.SE, sd/math.Sqrt(n)); math.Abs(-mean-stated.Value) > 3*se {
			t.Errorf("%s: scores have the mean %.4f, and eval says %.4f ± %.4f", model, -mean, stated.Value, stated.SE)
		}

		grid := mat.NewDense(side*side, 2, nil)
		bin := func(x, y float64) int {
			i, j := int((x-xmin)/(xmax-xmin)*bins), int((y-ymin)/(ymax-ymin)*bins)
			if x < xmin || i >= bins || y < ymin || j >= bins {
				return bins * bins // outside
			}
			return i*bins + j
		}
		for k := range side * side {
			grid.SetRow(k, []float64{xmin + (xmax-xmin)*(float64(k/side)+0.5)/side, ymin + (ymax-ymin)*(float64(k%side)+0.5)/side})
		}
		var due, seen [bins*bins + 1]float64
		cell := (xmax - xmin) * (ymax - ymin) / (side * side)
		left := float64(n)
		for k, l := range scores(t, dir, grid) {
			mass := n * math.Exp(l) * cell
			due[bin(grid.At(k, 0), grid.At(k, 1))] += mass
			left -= mass
		}
		due[bins*bins] = max(0, left)
		name := filepath.Join(t.TempDir(), "samples.npy")
		says(t, "sample", dir, "-n", strconv.Itoa(n), "--seed", "9", "-o", name)
		x, err := datasets.ReadPoints(name)
		if err != nil {
			t.Fatal(err)
		}
		for r := range n {
			seen[bin(x.At(r, 0), x.At(r, 1))]++
		}
		chi, freedom, rest, restDue := 0.0, 0.0, 0.0, 0.0
		for k := range due {
			if due[k] < 10 {
				rest, restDue = rest+seen[k], restDue+due[k]
				continue
			}
			chi += (seen[k] - due[k]) * (seen[k] - due[k]) / due[k]
			freedom++
		}
		chi += (rest - restDue) * (rest - restDue) / max(restDue, 1)
		if p := (distuv.ChiSquared{K: freedom}).Survival(chi); !(p > 1e-4) || freedom < 30 {
			t.Errorf("%s: χ² of %.0f on %.0f bins, a chance of %v; %v of %.1f in the rest", model, chi, freedom, p, rest, restDue)
		}
	}
}

// TestTextFromOutside: the scores of the validation text have the mean that eval states, and the
// source's less the model's that which is above the truth.
func TestTextFromOutside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	says(t, "train", "autoregressive", "--smoke", "--steps", "60", "--data", "markov", "--out", dir)
	text, err := datasets.TextByName("markov")
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000 // characters: eval takes 20 for each of its samples
	name := filepath.Join(t.TempDir(), "valid.txt")
	if err := os.WriteFile(name, []byte(text.Valid[:n]), 0o666); err != nil {
		t.Fatal(err)
	}
	stated := evaluated(t, dir, "-n", strconv.Itoa(n/20))
	model, truth := -stat.Mean(numbers(t, says(t, "score", dir, "--text", name)), nil), -stat.Mean(numbers(t, says(t, "score", "markov", "--text", name)), nil)
	for _, c := range []struct {
		name string
		want float64
	}{{"nats_per_character", model}, {"excess_nats", model - truth}} {
		if got := stated[c.name].Value; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s is %v, and from the scores %v", c.name, got, c.want)
		}
	}
}
