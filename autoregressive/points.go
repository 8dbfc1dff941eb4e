package autoregressive

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// digitRunes are the digits of every base.
const digitRunes = "0123456789abcdefghijklmnopqrstuvwxyz"

// Points is a density on the plane: a [Model] of the digits of a point's cell on a grid, uniform
// within the cell. It implements [genlab.Sampler] and [genlab.LogProber] exactly,
//
//	log p(x) = Σ_i log p(digit_i | digits before) - log(area of a cell),
//
// and -Inf outside the box, which contains its edges. It must not be used by several goroutines at once.
type Points struct {
	*Model
	quantizer quantizer
	table     []float64 // log probability of each cell, by code; nil until it is needed
}

// NewPoints returns a model of points on a uniform grid in box, with random weights. It fails if the
// configuration or the box is invalid; the zero Box is.
func NewPoints(cfg Config, box Box, rng *rand.Rand) (*Points, error) {
	return NewPointsWithTails(cfg, box, box, rng)
}

// NewPointsWithTails is [NewPoints] with the uniform grid in a part of the box, the bulk; see [Bulk].
// Beyond it, each tail has one part in 32 of an axis's bins, which grow geometrically from the size of
// the bulk's cells to the edge of the box: a few outliers take little of the resolution, and the
// density stays exact. It also fails if the bulk is not a part of the box.
func NewPointsWithTails(cfg Config, box, bulk Box, rng *rand.Rand) (*Points, error) {
	if err := cmp.Or(box.validate(), bulk.validate()); err != nil || box == (Box{}) || bulk == (Box{}) {
		return nil, fmt.Errorf("autoregressive: points need a box: %w", err)
	}
	if !(bulk.XMin >= box.XMin && bulk.XMax <= box.XMax && bulk.YMin >= box.YMin && bulk.YMax <= box.YMax) {
		return nil, fmt.Errorf("autoregressive: the bulk %v is not a part of the box %v", bulk, box)
	}
	m, err := New(cfg, cfg.Base, 2*cfg.Digits-1, false, rng)
	if err != nil {
		return nil, err
	}
	return &Points{Model: m, quantizer: newQuantizer(cfg, box, bulk)}, nil
}

// Box returns the support of the density.
func (p *Points) Box() Box { return p.quantizer.box }

// Bulk returns the part of the box with a uniform grid: the whole box, unless the model has tails.
func (p *Points) Bulk() Box { return p.quantizer.bulk }

// Bins returns the number of bins of each axis.
func (p *Points) Bins() int { return p.quantizer.bins() }

// CellSize returns the width and the height of a cell of the bulk.
func (p *Points) CellSize() (dx, dy float64) { return p.quantizer.x.step(), p.quantizer.y.step() }

// FractionOutside returns the fraction of the rows of x (n x 2) outside the box, where the density
// is zero.
func (p *Points) FractionOutside(x mat.Matrix) float64 {
	n, _ := x.Dims()
	out := 0
	for i := range n {
		if _, _, inside := p.quantizer.cell(x.At(i, 0), x.At(i, 1)); !inside {
			out++
		}
	}
	return float64(out) / float64(n)
}

// Digits returns the sequence of digits that the model reads for a point, as text. It fails
// outside the box.
func (p *Points) Digits(x, y float64) (string, error) {
	i, j, inside := p.quantizer.cell(x, y)
	if !inside {
		return "", fmt.Errorf("autoregressive: (%g, %g) is outside the box %v", x, y, p.quantizer.box)
	}
	ids := make([]int, 2*p.quantizer.digits)
	p.quantizer.encode(ids, i, j)
	text := make([]byte, len(ids))
	for k, id := range ids {
		text[k] = digitRunes[id]
	}
	return string(text), nil
}

// Sample returns n samples (n x 2): digits from the model, then a uniform point of their cell. It
// panics if n < 1.
func (p *Points) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("autoregressive: Sample of n = %d, want n >= 1", n))
	}
	digits := p.generate(make([][]int, n), 2*p.quantizer.digits, Sampling{Temperature: 1}, rng)
	x := mat.NewDense(n, 2, nil)
	for r := range n {
		i, j := p.quantizer.decode(digits[r])
		x.Set(r, 0, p.quantizer.x.at(i, rng.Float64()))
		x.Set(r, 1, p.quantizer.y.at(j, rng.Float64()))
	}
	return x
}

// tableCells is the largest number of cells whose log probabilities are kept: 16 MB.
const tableCells = 1 << 21

// LogProb returns log p of each row of x (n x 2), in nats: -Inf outside the box, NaN for a NaN. It
// panics if x does not have 2 columns. Where the grid has at most 2²¹ cells, the first call with
// many points evaluates all of them and keeps the table.
func (p *Points) LogProb(x mat.Matrix) []float64 { return p.logDensity(x, 1, p.cells) }

// logDensity returns the log density of each row of x that gives so many cells the same probability;
// lookUp returns that of all of them by code, for the codes it is given.
func (p *Points) logDensity(x mat.Matrix, cells int, lookUp func(codes []int) func(code int) float64) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("autoregressive: LogProb of points with %d columns, want 2", d))
	}
	out := make([]float64, n)
	codes := make([]int, n) // -1 outside
	for r := range n {
		px, py := x.At(r, 0), x.At(r, 1)
		i, j, inside := p.quantizer.cell(px, py)
		switch {
		case inside: // out is the log area until the probability is known
			codes[r] = p.quantizer.code(i, j)
			out[r] = math.Log(p.quantizer.x.width(i)) + math.Log(p.quantizer.y.width(j)) + math.Log(float64(cells))
		case math.IsNaN(px) || math.IsNaN(py):
			codes[r], out[r] = -1, math.NaN()
		default:
			codes[r], out[r] = -1, math.Inf(-1)
		}
	}
	logp := lookUp(codes)
	for r, code := range codes {
		if code >= 0 {
			out[r] = logp(code) - out[r]
		}
	}
	return out
}

// cells returns the log probability of a cell by its code, for the given codes at least.
func (p *Points) cells(codes []int) func(code int) float64 {
	cells := p.quantizer.bins() * p.quantizer.bins()
	if p.table == nil && (cells > tableCells || len(codes) < cells/p.quantizer.base/4) {
		return p.some(codes)
	}
	if p.table == nil {
		p.table = p.prefixes(2 * p.quantizer.digits)
	}
	return func(code int) float64 { return p.table[code] }
}

// some is cells without a table: only the prefixes of the given codes are evaluated.
func (p *Points) some(codes []int) func(code int) float64 {
	row := map[int]int{} // of a prefix in prefixes
	var prefixes []int
	for _, code := range codes {
		prefix := code / p.quantizer.base
		if _, known := row[prefix]; !known && code >= 0 {
			row[prefix] = len(prefixes)
			prefixes = append(prefixes, prefix)
		}
	}
	table := p.completions(prefixes, 2*p.quantizer.digits-1)
	return func(code int) float64 {
		return table[row[code/p.quantizer.base]*p.quantizer.base+code%p.quantizer.base]
	}
}

// prefixes returns the log probability of every prefix of so many digits, by its code.
func (p *Points) prefixes(digits int) []float64 {
	all := make([]int, power(p.quantizer.base, digits-1))
	for i := range all {
		all[i] = i
	}
	return p.completions(all, digits-1)
}

func (p *Points) network() *Model { return p.Model }

func (p *Points) columns() int { return 2 }

// newStep cuts a batch into shards of [nn.ShardRows] points, which share the positions that see few digits.
func (p *Points) newStep() (*nn.Step, error) {
	shared := p.sharing()
	return nn.NewStep(&p.params, p.cfg.Batch, func(g *nn.Graph) G.Nodes { return G.Nodes{shared.loss(p.Model, g)} })
}

func (p *Points) sharing() sharing {
	return newSharing(p.quantizer.base, p.steps(), min(p.cfg.Batch, nn.ShardRows))
}

func (p *Points) fill(step *nn.Step, batch *mat.Dense) {
	shared := p.sharing()
	nodes, symbols, targets := step.Input("node"), step.Input("symbol"), step.Input("target")
	var room [64]int
	digits := room[:p.steps()]
	n, _ := batch.Dims()
	for r := range n {
		i, j := p.quantizer.nearest(batch.At(r, 0), batch.At(r, 1))
		p.quantizer.encode(digits, i, j)
		shared.encode(digits, nodes[r*shared.levels:], symbols[r*shared.suffix():], targets[r*shared.steps:])
	}
}

func (p *Points) fresh(rng *rand.Rand) (trained, error) {
	return NewPointsWithTails(p.cfg, p.quantizer.box, p.quantizer.bulk, rng)
}
