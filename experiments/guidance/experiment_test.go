package guidance

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/experiment"
)

// TestAnswer: one training in which one measurement changes in the wrong direction is enough.
func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		seed1, seed2 [6]float64 // accuracy, recall, coverage at 1, then at 3
		want         bool
	}{
		{[6]float64{.9, .9, .9, .99, .5, .5}, [6]float64{.9, .9, .9, .91, .8, .8}, true},
		{[6]float64{.9, .9, .9, .99, .5, .5}, [6]float64{.9, .9, .9, .89, .8, .8}, false},
		{[6]float64{.9, .9, .9, .99, .5, .5}, [6]float64{.9, .9, .9, .91, .9, .8}, false},
		{[6]float64{.9, .9, .9, .99, .5, .95}, [6]float64{.9, .9, .9, .91, .8, .8}, false},
	} {
		r := &experiment.Result{}
		for _, v := range [][6]float64{c.seed1, c.seed2} {
			for i, figure := range []string{"accuracy", "recall", "coverage"} {
				r.Put(name(figure, none), "some", "", v[i])
				r.Put(name(figure, strong), "some", "", v[3+i])
			}
		}
		if got, text := answer(r, "some"); got != c.want {
			t.Errorf("%v: %v, %s", c, got, text)
		}
	}
}

// TestAccuracy: points on the centres keep their own labels, and no others'.
func TestAccuracy(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(8, 2, nil)
	for i, c := range ds.Sampler.(*datasets.Mixture).Centres {
		x.SetRow(i, c[:])
	}
	if e := accuracy(x, ds, func(i int) int { return i }); e.Value != 1 {
		t.Errorf("%v of the centres keep their label", e.Value)
	}
	if e := accuracy(x, ds, func(i int) int { return (i + 1) % 8 }); e.Value != 0 {
		t.Errorf("%v of the centres keep another's", e.Value)
	}
}

// TestNoisyMoons: the dataset that is not registered can be trained on.
func TestNoisyMoons(t *testing.T) {
	e := Experiment
	e.Data = []string{noisyMoons}
	r, err := e.Do(t.Context(), experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Of(name("accuracy", strong), noisyMoons).Values) != 1 || len(r.Pictures) != 2 {
		t.Errorf("%d measurements, %d pictures", len(r.Measurements), len(r.Pictures))
	}
}
