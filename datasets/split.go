package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// filed is implemented by the samplers of whole files.
type filed interface {
	// file returns the rows, and the class of each, nil where there are no labels.
	file() (x *mat.Dense, classes []uint16)
}

func (p points) file() (*mat.Dense, []uint16) { return p.x, nil }

// selection is some rows of a file. As a sampler it draws them with replacement; [Dataset.Fresh] and
// [Dataset.Epochs] take each once.
type selection struct {
	x       *mat.Dense
	classes []uint16 // of the rows of x; nil where there are no labels
	index   []uint32 // of the rows in x; nil for all
}

// rowsOf returns the rows of a data set, false for a distribution.
func rowsOf(d *Dataset) (selection, bool) {
	switch s := d.Sampler.(type) {
	case selection:
		return s, true
	case labelledSelection:
		return s.selection, true
	case filed:
		x, classes := s.file()
		return selection{x: x, classes: classes}, true
	}
	return selection{}, false
}

func (r selection) len() int {
	if r.index != nil {
		return len(r.index)
	}
	n, _ := r.x.Dims()
	return n
}

// at returns the position of row i in x.
func (r selection) at(i int) int {
	if r.index != nil {
		return int(r.index[i])
	}
	return i
}

// Dims, At and T implement [mat.Matrix].
func (r selection) Dims() (n, d int) {
	_, d = r.x.Dims()
	return r.len(), d
}

// At implements [mat.Matrix].
func (r selection) At(i, j int) float64 { return r.x.At(r.at(i), j) }

// T implements [mat.Matrix].
func (r selection) T() mat.Matrix { return mat.Transpose{Matrix: r} }

// Sample implements [genlab.Sampler].
func (r selection) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := r.sample(n, rng)
	return x
}

func (r selection) sample(n int, rng *rand.Rand) (*mat.Dense, []uint32) {
	mustSample(n)
	chosen := make([]uint32, n)
	for i := range chosen {
		chosen[i] = uint32(rng.IntN(r.len()))
	}
	return r.copied(chosen), chosen
}

// copied returns a copy of rows.
func (r selection) copied(chosen []uint32) *mat.Dense {
	_, d := r.x.Dims()
	x := mat.NewDense(len(chosen), d, nil)
	for i, row := range chosen {
		x.SetRow(i, r.x.RawRowView(r.at(int(row))))
	}
	return x
}

func (r selection) String() string { return fmt.Sprintf("%d points", r.len()) }

// labelledSelection is a selection with labels.
type labelledSelection struct{ selection }

// SampleLabelled implements [Labelled].
func (r labelledSelection) SampleLabelled(n int, rng *rand.Rand) (*mat.Dense, []int) {
	x, chosen := r.sample(n, rng)
	labels := make([]int, n)
	for i, row := range chosen {
		labels[i] = int(r.classes[r.at(int(row))])
	}
	return x, labels
}

// shuffled returns m of the numbers below n in random order.
func shuffled(m, n int, rng *rand.Rand) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	for i := range m {
		k := i + rng.IntN(n-i)
		all[i], all[k] = all[k], all[i]
	}
	return all[:m]
}

// Rows returns the rows of a data set that was read from a file, as a view that shares their memory;
// false for a distribution, which has none.
func (d *Dataset) Rows() (mat.Matrix, bool) {
	r, ok := rowsOf(d)
	if !ok {
		return nil, false
	}
	return r, true
}

// Split divides the rows of a file at random, determined by the seed: the share, at least one row where it
// is above 0, is held out for evaluation, the others are to be trained on. heldOut is nil where the share is 0.
// The parts share the memory of d. Split fails where d is not a file, where the share is not in [0, 1), and where
// fewer than two rows are left to train on.
func (d *Dataset) Split(share float64, seed uint64) (train, heldOut *Dataset, err error) {
	all, ok := rowsOf(d)
	if !ok {
		return nil, nil, fmt.Errorf("dataset %s has no rows to hold out: it is a distribution, whose samples are always fresh", d.Name)
	}
	if !(share >= 0 && share < 1) {
		return nil, nil, fmt.Errorf("dataset %s: the share of held-out rows is %v, want [0, 1)", d.Name, share)
	}
	if share == 0 {
		return d, nil, nil
	}
	n := all.len()
	m := max(1, int(math.Round(share*float64(n))))
	if n-m < 2 {
		return nil, nil, fmt.Errorf("dataset %s: %d of %d rows held out leave %d to train on, want 2 or more", d.Name, m, n, n-m)
	}
	out := make([]bool, n)
	for _, row := range shuffled(m, n, rand.New(rand.NewPCG(seed, 0x686f6c646f7574))) {
		out[row] = true
	}
	parts := [2][]uint32{make([]uint32, 0, n-m), make([]uint32, 0, m)}
	for i := range n {
		part := 0
		if out[i] {
			part = 1
		}
		parts[part] = append(parts[part], uint32(all.at(i)))
	}
	return d.of(selection{all.x, all.classes, parts[0]}), d.of(selection{all.x, all.classes, parts[1]}), nil
}

// of returns the data set of some of d's rows.
func (d *Dataset) of(r selection) *Dataset {
	part := *d
	part.Sampler = r
	if r.classes != nil {
		part.Sampler = labelledSelection{r}
	}
	return &part
}

// Fresh returns up to n independent points: n samples of a distribution, and of a file at most its rows, each
// once, in random order. It panics if n < 1.
func (d *Dataset) Fresh(n int, rng *rand.Rand) *mat.Dense {
	r, ok := rowsOf(d)
	if !ok {
		return d.Sampler.Sample(n, rng)
	}
	mustSample(n)
	return r.copied(shuffled(min(n, r.len()), r.len(), rng))
}

// Disjoint returns samples that share no row, of at most the given sizes: fresh samples of a distribution, and
// of k sizes at most a k-th of the rows of a file for each. Only a file of fewer than k rows repeats some. It
// panics if a size is below 1.
func (d *Dataset) Disjoint(rng *rand.Rand, sizes ...int) []*mat.Dense {
	parts := make([]*mat.Dense, len(sizes))
	r, finite := rowsOf(d)
	var order []uint32
	if finite {
		order = shuffled(r.len(), r.len(), rng)
	}
	for i, n := range sizes {
		mustSample(n)
		if !finite {
			parts[i] = d.Sampler.Sample(n, rng)
			continue
		}
		room := max(1, len(order)/len(sizes))
		from := i * room % len(order)
		parts[i] = r.copied(order[from:][:min(n, room)])
	}
	return parts
}

// Epochs returns the sampler of training batches: that of a distribution as it is, and for the rows of a file
// one that ignores its random numbers and goes through a new permutation of the rows in each epoch, determined
// by the seed. taken is the number of points already trained on, so that a resumed training continues where it
// was. labelled adds the label as a last column (see [WithLabels]); the data set must have labels then. The
// sampler of a file serves one goroutine at a time.
func (d *Dataset) Epochs(seed uint64, taken int, labelled bool) genlab.Sampler {
	if r, ok := rowsOf(d); ok {
		return &epochs{selection: r, seed: seed, taken: taken, labelled: labelled}
	}
	if labelled {
		return WithLabels{d.Sampler.(Labelled)}
	}
	return d.Sampler
}

// epochs takes rows in the order of the permutations.
type epochs struct {
	selection
	seed     uint64
	taken    int
	labelled bool

	epoch int // of order, from 1; 0 before the first
	order []uint32
}

// Sample returns the next n rows.
func (e *epochs) Sample(n int, _ *rand.Rand) *mat.Dense {
	mustSample(n)
	_, d := e.x.Dims()
	if e.labelled {
		d++
	}
	x := mat.NewDense(n, d, nil)
	for i := range n {
		if epoch := 1 + e.taken/e.len(); epoch != e.epoch {
			e.epoch = epoch
			e.order = shuffled(e.len(), e.len(), rand.New(rand.NewPCG(e.seed, 0x65706f6368<<20|uint64(epoch))))
		}
		row := e.at(int(e.order[e.taken%e.len()]))
		copy(x.RawRowView(i), e.x.RawRowView(row))
		if e.labelled {
			x.Set(i, d-1, float64(e.classes[row]))
		}
		e.taken++
	}
	return x
}
