package flow

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/parallel"
	"genlab/nn"
)

// Forward implements Bijector.
func (t *Triangular) Forward(x *mat.Dense, labels []int, logDet []float64) {
	t.apply(false, x, labels, logDet)
}

// Inverse implements Bijector.
func (t *Triangular) Inverse(z *mat.Dense, labels []int, logDet []float64) {
	t.apply(true, z, labels, logDet)
}

// blockRows is the number of points that are evaluated at a time, so that what a conditioner computes of
// them stays in the cache of a core.
const blockRows = 256

func (t *Triangular) apply(inverse bool, x *mat.Dense, labels []int, logDet []float64) {
	parallel.Rows(len(logDet), blockRows, func(lo, hi int) {
		b := t.buffers.Get().(*buffer)
		b.load(x, lo, hi)
		var of []int
		if labels != nil {
			of = labels[lo:hi]
		}
		given := b.x // inverses are conditioned on coordinates that are inverted already
		if !inverse {
			b.before = append(b.before[:0], b.x...)
			given = b.before
		}
		for _, s := range t.stages {
			b.transform(t, s, inverse, given, of)
		}
		b.store(x, lo, hi, logDet)
		t.buffers.Put(b)
	})
}

// buffer holds a block of points while a layer is evaluated: coordinates are rows, so that vectors run along
// the points. Their number is padded with zeros to a whole number of blocks of a kernel.
type buffer struct {
	points    int
	x, before []float64 // d x points
	slope     []float64 // products of slopes
	factors   int       // in these products
	logDet    []float64
	inputs    []float32
	layers    [2][]float32
	memory    []float32
}

func resize[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	clear(*s)
	return *s
}

func (b *buffer) load(x *mat.Dense, lo, hi int) {
	d := x.RawMatrix().Cols
	b.points = (hi - lo + nn.ColBlock - 1) / nn.ColBlock * nn.ColBlock
	resize(&b.x, d*b.points)
	for i := lo; i < hi; i++ {
		for j, v := range x.RawRowView(i) {
			b.x[j*b.points+i-lo] = v
		}
	}
	resize(&b.logDet, b.points)
	resize(&b.slope, b.points)
	b.startProducts()
}

func (b *buffer) startProducts() {
	for i := range b.slope {
		b.slope[i] = 1
	}
	b.factors = 0
}

// store writes the points, and adds the logarithms of their slopes.
func (b *buffer) store(x *mat.Dense, lo, hi int, logDet []float64) {
	b.addLogs()
	for i := lo; i < hi; i++ {
		row := x.RawRowView(i)
		for j := range row {
			row[j] = b.x[j*b.points+i-lo]
		}
		logDet[i] += b.logDet[i-lo]
	}
}

// maxFactors is how many slopes are multiplied before a logarithm is taken: slopes lie within 1e±30,
// and products of ten in the range of float64.
const maxFactors = 10

func (b *buffer) addLogs() {
	for i, v := range b.slope {
		b.logDet[i] += math.Log(v)
	}
}

// transform maps the columns of a stage, conditioned on those of given.
func (b *buffer) transform(t *Triangular, s *stage, inverse bool, given []float64, labels []int) {
	n, params := b.points, t.transform.Params()
	theta := b.parameters(s, given, labels)
	size := params * n
	if s.constant != nil {
		size = params
	}
	for j := s.out.lo; j < s.out.hi; j++ {
		if b.factors == maxFactors {
			b.addLogs()
			b.startProducts()
		}
		b.factors++
		of, x := theta[(j-s.out.lo)*size:(j-s.out.lo+1)*size], b.x[j*n:(j+1)*n]
		if inverse {
			t.transform.InverseCols(of, x, b.slope, &b.memory)
		} else {
			t.transform.ForwardCols(of, x, b.slope, &b.memory)
		}
	}
}

// parameters returns θ, a column for each point, or of one for all where the stage is conditioned on nothing.
func (b *buffer) parameters(s *stage, given []float64, labels []int) []float32 {
	if s.constant != nil {
		return s.constant.Value
	}
	n, k := b.points, s.in.width()
	in := resize(&b.inputs, (k+s.classes)*n)
	for i, v := range given[s.in.lo*n : s.in.hi*n] {
		in[i] = float32(min(max(v, -inputClip), inputClip))
	}
	if s.classes > 0 {
		for i, c := range labels {
			in[(k+c)*n+i] = 1
		}
	}
	return s.net.EvaluateCols(n, in, &b.layers)
}
