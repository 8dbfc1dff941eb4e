package datasets

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// counted returns the data set of a file whose row i is (i, -i).
func counted(t *testing.T, n int) *Dataset {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", i, -i)
	}
	name := filepath.Join(t.TempDir(), "counted.csv")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := ByName(FilePrefix + name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// numbers returns the first column, in order, and fails if a row is not one of the file.
func numbers(t *testing.T, x mat.Matrix) []int {
	t.Helper()
	n, _ := x.Dims()
	v := make([]int, n)
	for i := range v {
		v[i] = int(x.At(i, 0))
		if x.At(i, 1) != -x.At(i, 0) {
			t.Errorf("row %d is (%v, %v)", i, x.At(i, 0), x.At(i, 1))
		}
	}
	slices.Sort(v)
	return v
}

func allRows(t *testing.T, d *Dataset) []int {
	t.Helper()
	x, ok := d.Rows()
	if !ok {
		t.Fatal("the data set has no rows")
	}
	return numbers(t, x)
}

// TestSplit: the parts hold every row once, the same for the same seed and others for another.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		n, heldOut int
		share      float64
	}{{500, 50, .1}, {500, 450, .9}, {3, 1, .1}, {4, 1, 1e-9}, {12, 1, .1}, {15, 2, .1}} {
		d := counted(t, c.n)
		train, out, err := d.Split(c.share, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := allRows(t, out); len(got) != c.heldOut {
			t.Errorf("%v of %d rows: %d held out, want %d", c.share, c.n, len(got), c.heldOut)
		}
		both := append(allRows(t, train), allRows(t, out)...)
		slices.Sort(both)
		for i, v := range both {
			if v != i {
				t.Fatalf("%v of %d rows: row %d is lost or twice", c.share, c.n, i)
			}
		}
		_, again, _ := d.Split(c.share, 1)
		_, other, _ := d.Split(c.share, 2)
		if !slices.Equal(allRows(t, out), allRows(t, again)) {
			t.Error("the same seed splits differently")
		}
		if c.n == 500 && slices.Equal(allRows(t, out), allRows(t, other)) {
			t.Error("another seed splits alike")
		}
	}
	d := counted(t, 40)
	if train, out, err := d.Split(0, 1); train != d || out != nil || err != nil {
		t.Errorf("a share of 0: %v, %v, %v", train, out, err)
	}
	// A part is split in turn, and its samples are its own rows.
	train, _, _ := d.Split(.5, 1)
	a, b, err := train.Split(.5, 2)
	if err != nil {
		t.Fatal(err)
	}
	both := append(allRows(t, a), allRows(t, b)...)
	slices.Sort(both)
	if !slices.Equal(both, allRows(t, train)) {
		t.Error("the parts of a part are not its rows")
	}
	for _, v := range numbers(t, a.Sampler.Sample(100, rand.New(rand.NewPCG(1, 2)))) {
		if !slices.Contains(allRows(t, a), v) {
			t.Errorf("row %d is not of the part", v)
		}
	}
	moons, _ := ByName("moons")
	for want, split := range map[string]func() (*Dataset, *Dataset, error){
		"leave 1 to train on": func() (*Dataset, *Dataset, error) { return counted(t, 2).Split(.1, 1) },
		"is a distribution":   func() (*Dataset, *Dataset, error) { return moons.Split(.1, 1) },
		"share":               func() (*Dataset, *Dataset, error) { return d.Split(1, 1) },
	} {
		if _, _, err := split(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestFreshRowsAreDistinct: no row of a file is two samples.
func TestFreshRowsAreDistinct(t *testing.T) {
	d := counted(t, 30)
	rng := rand.New(rand.NewPCG(1, 2))
	for n, want := range map[int]int{1: 1, 7: 7, 30: 30, 10000: 30} {
		got := numbers(t, d.Fresh(n, rng))
		if len(got) != want || len(slices.Compact(got)) != want {
			t.Errorf("%d fresh points: %v", n, got)
		}
	}
	if slices.Equal(mat.Col(nil, 0, d.Fresh(30, rng)), mat.Col(nil, 0, d.Fresh(30, rng))) {
		t.Error("fresh points come in one order")
	}
	parts := d.Disjoint(rng, 5, 100, 100)
	var all []int
	for i, want := range []int{5, 10, 10} {
		got := numbers(t, parts[i])
		if len(got) != want {
			t.Errorf("part %d has %d rows, want %d", i, len(got), want)
		}
		all = append(all, got...)
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 25 {
		t.Errorf("the parts share rows: %v", all)
	}
	// Distributions are sampled as ever.
	moons, _ := ByName("moons")
	a, b := rand.New(rand.NewPCG(3, 4)), rand.New(rand.NewPCG(3, 4))
	if !mat.Equal(moons.Fresh(9, a), moons.Sampler.Sample(9, b)) {
		t.Error("Fresh is not Sample for a distribution")
	}
	two := moons.Disjoint(a, 3, 4)
	if !mat.Equal(two[0], moons.Sampler.Sample(3, b)) || !mat.Equal(two[1], moons.Sampler.Sample(4, b)) {
		t.Error("Disjoint is not Sample for a distribution")
	}
	if moons.Epochs(1, 5, false) != moons.Sampler {
		t.Error("a distribution has epochs")
	}
}

// TestEpochs: every row once an epoch, in another order each, and the same after a resume.
func TestEpochs(t *testing.T) {
	d, _, err := counted(t, 50).Split(.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	const rows, batch = 45, 8
	whole := mat.Col(nil, 0, d.Epochs(7, 0, false).Sample(4*rows, nil))
	for e := range 4 {
		epoch := slices.Clone(whole[e*rows:][:rows])
		if e > 0 && slices.Equal(epoch, whole[:rows]) {
			t.Errorf("epoch %d has the order of the first", e)
		}
		slices.Sort(epoch)
		if len(slices.Compact(epoch)) != rows {
			t.Errorf("epoch %d has %d rows", e, len(epoch))
		}
	}
	var batches []float64
	s := d.Epochs(7, 0, false)
	for step := range 20 {
		if step == 9 {
			s = d.Epochs(7, step*batch, false)
		}
		batches = append(batches, mat.Col(nil, 0, s.Sample(batch, rand.New(rand.NewPCG(uint64(step), 0))))...)
	}
	if !slices.Equal(batches, whole[:20*batch]) {
		t.Error("batches after a resume are others")
	}
	if slices.Equal(whole, mat.Col(nil, 0, d.Epochs(8, 0, false).Sample(4*rows, nil))) {
		t.Error("another seed has the same epochs")
	}
}

// TestEpochsOfLabels: each row keeps its label.
func TestEpochsOfLabels(t *testing.T) {
	d := counted(t, 6)
	x, _ := d.Sampler.(points).file()
	d.Labels = []string{"even", "odd"}
	d = d.of(selection{x: x, classes: []uint16{0, 1, 0, 1, 0, 1}})
	train, out, err := d.Split(.4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []*Dataset{train, out} {
		y := part.Epochs(1, 0, true).Sample(30, nil)
		z, labels := part.Sampler.(Labelled).SampleLabelled(30, rand.New(rand.NewPCG(1, 1)))
		for i := range 30 {
			if int(y.At(i, 0))%2 != int(y.At(i, 2)) || int(z.At(i, 0))%2 != labels[i] {
				t.Fatalf("row %d: %v, %v %d", i, y.RawRowView(i), z.RawRowView(i), labels[i])
			}
		}
		if _, err := part.WithLabels(); err != nil {
			t.Error(err)
		}
	}
}
