package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// points is the empirical distribution of the user's points: it samples rows with replacement (the
// bootstrap).
type points struct{ x *mat.Dense }

// Sample returns n of the rows, with replacement (n x 2).
func (p points) Sample(n int, rng *rand.Rand) *mat.Dense {
	mustSample(n)
	of, _ := p.x.Dims()
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, p.x.RawRowView(rng.IntN(of)))
	}
	return x
}

func (p points) String() string {
	n, _ := p.x.Dims()
	return fmt.Sprintf("%d points", n)
}

// Digest returns the SHA-256 of the points of file:PATH, as little-endian float64 row by row; ok is
// false for every other data set.
func (d *Dataset) Digest() (sum [sha256.Size]byte, ok bool) {
	p, ok := d.Sampler.(points)
	if !ok {
		return sum, false
	}
	h := sha256.New()
	var b [8]byte
	n, _ := p.x.Dims()
	for i := range n {
		for _, v := range p.x.RawRowView(i) {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
			h.Write(b[:])
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), true
}

// fromFile returns the data set of the points of a file.
func fromFile(path string) (*Dataset, error) {
	x, err := ReadPoints(path)
	if err != nil {
		return nil, fmt.Errorf("dataset %s%s: %w", FilePrefix, path, err)
	}
	n, _ := x.Dims()
	if n < 2 {
		return nil, fmt.Errorf("dataset %s%s: %d row, want 2 or more", FilePrefix, path, n)
	}
	xmin, xmax := margin(mat.Col(nil, 0, x))
	ymin, ymax := margin(mat.Col(nil, 1, x))
	return &Dataset{
		Name:        FilePrefix + path,
		Summary:     fmt.Sprintf("%d points of %s, sampled with replacement", n, path),
		Sampler:     points{x},
		Entropy:     math.NaN(),
		HighQuality: math.NaN(),
		box:         [4]float64{xmin, xmax, ymin, ymax},
	}, nil
}

// margin returns the range of v, widened by a twentieth on either side.
func margin(v []float64) (lo, hi float64) {
	lo, hi = floats.Min(v), floats.Max(v)
	pad := hi/20 - lo/20 // does not overflow where hi − lo would
	if pad == 0 {
		pad = max(1, math.Abs(lo)/20)
	}
	return lo - pad, hi + pad
}
