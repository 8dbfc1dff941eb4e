package diffusion

import (
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// posteriorTarget replaces the row's own x_0 in the regression target by its mean given x_t and the rows of the
// batch that x_t could have been made from [xu2023stf]:
//
//	x̄_i = Σ_j w_ij·x_j,   w_ij ∝ N(x_t; α·x_j, σ²)
//
// The minimiser is the same. Given the batch, x_t comes from the mixture of N(α·x_j, σ²) over its rows, and x̄ is
// the mean of x_0 in that mixture: a conditional mean has the expectation of what it is the mean of, and less
// variance (Rao-Blackwell). Where modes have several rows of the batch within σ/α, little is left. In many
// coordinates rows are far apart, and x̄ is the row's own x_0.
//
// Rows with a label compare only with rows of the same label, and rows of a batch of more than posteriorRows
// only with those of their shard: the work grows with the square of the rows.
type posteriorTarget struct {
	d, labels int
	batch     int
	points    []float32 // per row x, |x|², and one-hot the label: the keys
}

// posteriorRows is the largest batch of which all rows are compared.
const posteriorRows = 1024

// sameLabel is added to the log weights of rows with the same label. That of the own row, -|ε|²/2, is the largest
// possible less about 20, so that other labels have no weight.
const sameLabel = 100

func newPosteriorTarget(batch, d, labels int) *posteriorTarget {
	return &posteriorTarget{d: d, labels: labels, batch: batch, points: make([]float32, batch*(d+1+labels))}
}

func (p *posteriorTarget) width() int { return p.d + 1 + p.labels }

// target builds the targets of a shard, rows x d, without a gradient.
func (p *posteriorTarget) target(g *nn.Graph) *G.Node {
	var keys *G.Node
	if p.batch > posteriorRows {
		keys = g.Input("points", p.width())
	} else {
		keys = g.Table("points", p.batch, p.width(), p.points)
	}
	weights := nn.Softmax(nn.MatMul(g.Input("query", p.width()), keys, false, true))
	mean := nn.Cols(nn.MatMul(weights, keys, false, false), 0, p.d)
	return nn.Add(g.Input("target", p.d), nn.MulCol(mean, g.Input("of mean", 1)))
}

// connect makes the inputs of a step what fill and setLabel write to.
func (p *posteriorTarget) connect(step *nn.Step) {
	if p.batch > posteriorRows {
		p.points = step.Input("points")
	}
}

// fill writes the inputs of row i of a step, whose standardised point z became x at a noise level. The target
// a·x_0 + b·ε with ε = (x - α·x_0)/σ is b/σ·x + (a - α·b/σ)·x_0.
func (p *posteriorTarget) fill(step *nn.Step, i int, z []float64, x []float32, alpha, sigma, a, b float64) {
	key, query := p.points[i*p.width():], step.Input("query")[i*p.width():]
	target := step.Input("target")[i*p.d:]
	scale, square := alpha/(sigma*sigma), 0.0
	for j, v := range z {
		key[j] = float32(v)
		query[j] = float32(scale * float64(x[j]))
		target[j] = float32(b / sigma * float64(x[j]))
		square += v * v
	}
	key[p.d], query[p.d] = float32(square), float32(-alpha*scale/2)
	step.Input("of mean")[i] = float32(a - alpha*b/sigma)
}

// setLabel writes the one-hot label of row i; one without a label has zeros.
func (p *posteriorTarget) setLabel(i int, oneHot []float32) {
	copy(p.points[i*p.width()+p.d+1:(i+1)*p.width()], oneHot)
}

// ask writes the label with which row i compares, after label dropout: zeros, and the row compares with all.
func (p *posteriorTarget) ask(step *nn.Step, i int, oneHot []float32) {
	query := step.Input("query")[i*p.width()+p.d+1 : (i+1)*p.width()]
	for j, v := range oneHot {
		query[j] = sameLabel * v
	}
}
