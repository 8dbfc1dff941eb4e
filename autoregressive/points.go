package autoregressive

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
)

// digitRunes are the digits of a coordinate.
const digitRunes = "0123456789abcdefghijklmnopqrstuvwxyz"

// Points is a distribution on the plane: a Model over the digits of the cell that a point is in,
// uniform within the cell. Its density is exact,
//
//	log p(x) = Σ_i log p(digit_i | digits before) - log(area of a cell),
//
// and -Inf outside the box. It is not for use by several goroutines at once.
type Points struct {
	*Model
	grid  grid
	table []float64 // log probability of each cell, by code; nil until it is asked for
}

// NewPoints returns a model of points in the box, which is not the zero Box, with fresh weights.
func NewPoints(cfg Config, box Box, rng *rand.Rand) (*Points, error) {
	if err := box.validate(); err != nil || box == (Box{}) {
		return nil, fmt.Errorf("autoregressive: points need a box: %w", err)
	}
	g := grid{box: box, base: cfg.Base, digits: cfg.Digits, interleaved: cfg.Interleaved}
	m, err := New(cfg, cfg.Base, 2*cfg.Digits-1, false, rng)
	if err != nil {
		return nil, err
	}
	return &Points{Model: m, grid: g}, nil
}

// Box is where the density is not zero.
func (p *Points) Box() Box { return p.grid.box }

// Bins is the number of bins of each axis.
func (p *Points) Bins() int { return p.grid.bins() }

// Bin returns the width and the height of a cell.
func (p *Points) Bin() (dx, dy float64) { return p.grid.bin() }

// Outside returns the share of the rows of x (n x 2) that lie outside the box, where the
// density is zero.
func (p *Points) Outside(x mat.Matrix) float64 {
	n, _ := x.Dims()
	out := 0
	for i := range n {
		if _, _, inside := p.grid.cell(x.At(i, 0), x.At(i, 1)); !inside {
			out++
		}
	}
	return float64(out) / float64(n)
}

// Write returns the point as the model reads it, its digits.
func (p *Points) Write(x, y float64) (string, error) {
	i, j, inside := p.grid.cell(x, y)
	if !inside {
		return "", fmt.Errorf("autoregressive: (%g, %g) is outside the box %v", x, y, p.grid.box)
	}
	ids := make([]int, 2*p.grid.digits)
	p.grid.write(ids, i, j)
	text := make([]byte, len(ids))
	for k, id := range ids {
		text[k] = digitRunes[id]
	}
	return string(text), nil
}

// Sample draws n points (n x 2), digit by digit, and evenly within the cells.
func (p *Points) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("autoregressive: Sample of n = %d, want n >= 1", n))
	}
	digits := p.generate(make([][]int, n), 2*p.grid.digits, Sampling{Temperature: 1}, rng)
	x := mat.NewDense(n, 2, nil)
	dx, dy := p.grid.bin()
	for r := range n {
		i, j := p.grid.read(digits[r])
		x.Set(r, 0, p.grid.box.XMin+(float64(i)+rng.Float64())*dx)
		x.Set(r, 1, p.grid.box.YMin+(float64(j)+rng.Float64())*dy)
	}
	return x
}

// tableCells is the largest number of cells whose log probabilities are kept, 16 MB of them.
const tableCells = 1 << 21

// LogProb returns log p of each row of x (n x 2), in nats. Cells that share digits share the
// work: where there are no more than 2²¹, all are evaluated once, at the first call with many
// points.
func (p *Points) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("autoregressive: LogProb of points with %d columns, want 2", d))
	}
	out := make([]float64, n)
	codes := make([]int, n) // -1 outside
	for r := range n {
		px, py := x.At(r, 0), x.At(r, 1)
		i, j, inside := p.grid.cell(px, py)
		switch {
		case inside:
			codes[r] = p.grid.code(i, j)
		case math.IsNaN(px) || math.IsNaN(py):
			codes[r], out[r] = -1, math.NaN()
		default:
			codes[r], out[r] = -1, math.Inf(-1)
		}
	}
	dx, dy := p.grid.bin()
	area := math.Log(dx) + math.Log(dy)
	lookUp := p.cells(codes)
	for r, code := range codes {
		if code >= 0 {
			out[r] = lookUp(code) - area
		}
	}
	return out
}

// cells returns the log probability of cells, by code, among those given at least.
func (p *Points) cells(codes []int) func(code int) float64 {
	cells := p.grid.bins() * p.grid.bins()
	if p.table == nil && (cells > tableCells || len(codes) < cells/p.grid.base/4) {
		return p.some(codes)
	}
	if p.table == nil {
		p.table = p.prefixes(2 * p.grid.digits)
	}
	return func(code int) float64 { return p.table[code] }
}

// some is cells without a table: for those that begin like one of the given.
func (p *Points) some(codes []int) func(code int) float64 {
	row := map[int]int{} // of a prefix in prefixes
	var prefixes []int
	for _, code := range codes {
		prefix := code / p.grid.base
		if _, known := row[prefix]; !known && code >= 0 {
			row[prefix] = len(prefixes)
			prefixes = append(prefixes, prefix)
		}
	}
	table := p.completions(prefixes, 2*p.grid.digits-1)
	return func(code int) float64 { return table[row[code/p.grid.base]*p.grid.base+code%p.grid.base] }
}

// completions returns the log probabilities of what goes on from each prefix, a number of digits:
// those of the prefix and one more digit, len(prefixes) x base.
func (p *Points) completions(prefixes []int, digits int) []float64 {
	const block = 1 << 13 // sequences in memory at a time
	base, steps := p.grid.base, p.steps()
	out := make([]float64, len(prefixes)*base)
	logp := make([]float64, base)
	for lo := 0; lo < len(prefixes); lo += block {
		part := prefixes[lo:min(lo+block, len(prefixes))]
		symbols := make([]int, len(part)*steps)
		for i, prefix := range part {
			s := symbols[i*steps : (i+1)*steps]
			s[0] = p.symbols              // the start
			for k := digits; k > 0; k-- { // those after it stay 0: they have no say
				s[k] = prefix % base
				prefix /= base
			}
		}
		logits := p.Logits(symbols)
		for i := range part {
			var sum float64
			s := symbols[i*steps : (i+1)*steps]
			for k := range digits + 1 {
				logSoftmax(logp, logits[(i*steps+k)*base:(i*steps+k+1)*base])
				if k < digits {
					sum += logp[s[k+1]]
				}
			}
			for digit, l := range logp {
				out[(lo+i)*base+digit] = sum + l
			}
		}
	}
	return out
}

// prefixes returns the log probabilities of the first digits, by the number that they make.
func (p *Points) prefixes(digits int) []float64 {
	base := p.grid.base
	heads := 1
	for range digits - 1 {
		heads *= base
	}
	all := make([]int, heads)
	for i := range all {
		all[i] = i
	}
	return p.completions(all, digits-1)
}

// What trained asks for.

func (p *Points) network() *Model { return p.Model }

func (p *Points) columns() int { return 2 }

func (p *Points) targets(dst []int, row []float64) {
	i, j, inside := p.grid.cell(row[0], row[1])
	if !inside {
		i, j = p.grid.nearest(row[0], row[1])
	}
	p.grid.write(dst, i, j)
}

// Fixed is what a checkpoint holds beside the weights: the edges of the box.
func (p *Points) Fixed() []checkpoint.Tensor {
	b := p.grid.box
	t := checkpoint.Tensor{Name: "box/edges", Shape: []int{4, len(split(0))}}
	for _, v := range []float64{b.XMin, b.XMax, b.YMin, b.YMax} {
		s := split(v)
		t.Data = append(t.Data, s[:]...)
	}
	return []checkpoint.Tensor{t}
}

// split writes a float64 as a sum of float32, in which checkpoints keep numbers.
func split(v float64) (parts [3]float32) {
	for i := range parts {
		parts[i] = float32(v)
		v -= float64(parts[i])
	}
	return parts
}

func (p *Points) fresh(rng *rand.Rand) (trained, error) { return NewPoints(p.cfg, p.grid.box, rng) }

// boxFromState returns what Fixed saved.
func boxFromState(saved []checkpoint.Tensor) (Box, error) {
	live := []checkpoint.Tensor{{Name: "box/edges", Shape: []int{4, 3}, Data: make([]float32, 12)}}
	if err := checkpoint.Copy(live, checkpoint.Under("box", saved)); err != nil {
		return Box{}, err
	}
	var v [4]float64
	for i := range v {
		for _, part := range live[0].Data[3*i : 3*i+3] {
			v[i] += float64(part)
		}
	}
	return Box{v[0], v[1], v[2], v[3]}, nil
}
