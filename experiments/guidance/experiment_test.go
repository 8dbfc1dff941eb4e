package guidance

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/experiment"
)

// TestAnswer: one training in which one figure goes the wrong way is enough to refute.
func TestAnswer(t *testing.T) {
	ds := &datasets.Dataset{Name: "law"}
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
				r.Put(name(figure, none), ds.Name, "", v[i])
				r.Put(name(figure, strong), ds.Name, "", v[3+i])
			}
		}
		if got, text := answer(r, []*datasets.Dataset{ds}); got != c.want {
			t.Errorf("%v: %v, %s", c, got, text)
		}
	}
}

// TestKept: points on the centres keep their own labels, and no others'.
func TestKept(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(8, 2, nil)
	for i, c := range ds.Sampler.(*datasets.Mixture).Centres {
		x.SetRow(i, c[:])
	}
	if e := kept(x, ds, func(i int) int { return i }); e.Value != 1 {
		t.Errorf("%v of the centres keep their label", e.Value)
	}
	if e := kept(x, ds, func(i int) int { return (i + 1) % 8 }); e.Value != 0 {
		t.Errorf("%v of the centres keep another's", e.Value)
	}
}
