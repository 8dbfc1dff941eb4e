package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/internal/kernel"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// vqAutoencoder encodes a point as Length vectors, replaces each by the nearest entry of its codebook, and decodes a Gaussian.
type vqAutoencoder struct {
	cfg              VQPriorConfig
	scale            standardize.Map
	params           nn.Params
	encoder, decoder nn.MLP
	books            []float32 // Length x Codes x CodeWidth
	encode, decode   *nn.Forward
}

func newVQAutoencoder(cfg VQPriorConfig, scale standardize.Map, rng *rand.Rand) (*vqAutoencoder, error) {
	m := &vqAutoencoder{cfg: cfg, scale: scale, books: make([]float32, cfg.Length*cfg.Codes*cfg.CodeWidth)}
	d, width := m.dim(), cfg.Length*cfg.CodeWidth
	hidden := slices.Repeat([]int{cfg.Hidden}, cfg.Layers)
	m.encoder = nn.NewMLP(&m.params, "encoder", slices.Concat([]int{d}, hidden, []int{width}), nn.SiLU, nn.Xavier, rng)
	m.decoder = nn.NewMLP(&m.params, "decoder", slices.Concat([]int{width}, hidden, []int{2 * d}), nn.SiLU, nn.Xavier, rng)
	for i := range m.books {
		m.books[i] = float32(rng.NormFloat64())
	}
	var err error
	if m.encode, err = nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{m.encoder.Apply(g, g.Input("x", d))} }); err != nil {
		return nil, err
	}
	m.decode, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		mean, sigma := m.likelihood(g, g.Input("entries", width))
		return G.Nodes{mean, sigma}
	})
	return m, err
}

func (m *vqAutoencoder) dim() int { return len(m.scale.Shift) }

// likelihood builds mean and standard deviation of x given its entries, rows x d each, standardised.
func (m *vqAutoencoder) likelihood(g *nn.Graph, entries *G.Node) (mean, sigma *G.Node) {
	h, d := m.decoder.Apply(g, entries), m.dim()
	return nn.Cols(h, 0, d), nn.Shift(m.cfg.Floor, nn.Act(nn.Cols(h, d, 2*d), kernel.Softplus))
}

// Parameters implements [train.Model].
func (m *vqAutoencoder) Parameters() *nn.Params { return &m.params }

// Fixed implements [train.Model]: the codebooks, which follow the encoder by moving averages, and the standardisation.
func (m *vqAutoencoder) Fixed() []checkpoint.Tensor {
	books := checkpoint.Tensor{Name: "codebook/entries", Shape: []int{m.cfg.Length * m.cfg.Codes, m.cfg.CodeWidth}, Data: m.books}
	return append([]checkpoint.Tensor{books}, m.scale.State("scale")...)
}

// encodings returns the encoder's outputs for standardised points: n x Length·CodeWidth.
func (m *vqAutoencoder) encodings(x []float32) []float32 {
	n := len(x) / m.dim()
	z := make([]float32, n*m.cfg.Length*m.cfg.CodeWidth)
	if err := m.encode.Run(n, nn.Columns{"x": x}, z); err != nil {
		panic(err) // the shapes are fixed
	}
	return z
}

// entry returns an entry of the codebook of a position.
func (m *vqAutoencoder) entry(position, code int) []float32 {
	at := (position*m.cfg.Codes + code) * m.cfg.CodeWidth
	return m.books[at : at+m.cfg.CodeWidth]
}

// nearest returns the code of an encoding (CodeWidth values) at a position: the entry with the least squared distance.
func (m *vqAutoencoder) nearest(position int, z []float32) (best int) {
	least := math.Inf(1)
	for code := range m.cfg.Codes {
		var sum float64
		for i, e := range m.entry(position, code) {
			d := float64(z[i] - e)
			sum += d * d
		}
		if sum < least {
			best, least = code, sum
		}
	}
	return best
}

// Codes returns the codes of points (n x d, in the data's coordinates): n x Length.
func (m *vqAutoencoder) Codes(x *mat.Dense) *mat.Dense {
	n, d := x.Dims()
	standard := make([]float32, n*d)
	m.scale.FromDataTo(standard, x)
	z, width := m.encodings(standard), m.cfg.CodeWidth
	codes := mat.NewDense(n, m.cfg.Length, nil)
	for i := range n {
		for p := range m.cfg.Length {
			at := (i*m.cfg.Length + p) * width
			codes.Set(i, p, float64(m.nearest(p, z[at:at+width])))
		}
	}
	return codes
}

// vqTrainer fits an autoencoder by
//
//	-log p(x|e) + β·|z - sg(e)|²,
//
// z the encoder's output and e its entries [oord2017] eq. 3. The gradient of e passes to z unchanged (straight-through), and the
// entries are moving averages of the encodings that choose them, which replaces the second term of eq. 3. An entry that is
// hardly chosen is replaced by an encoding of the batch.
type vqTrainer struct {
	*train.Descent[*vqAutoencoder]
	step   *nn.Step
	counts []float32 // moving averages: how often an entry is chosen in a batch,
	sums   []float32 // and the sum of the encodings that choose it
}

func newVQTrainer(cfg VQPriorConfig, scale standardize.Map, rng *rand.Rand) (*vqTrainer, error) {
	m, err := newVQAutoencoder(cfg, scale, rng)
	if err != nil {
		return nil, err
	}
	average, err := newVQAutoencoder(cfg, scale, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	average.books = m.books // shared: they are averages already
	t := &vqTrainer{counts: make([]float32, cfg.Length*cfg.Codes), sums: make([]float32, len(m.books))}
	if t.Descent, err = train.NewDescent(cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	d, width := m.dim(), cfg.Length*cfg.CodeWidth
	t.step, err = nn.NewStep(&m.params, cfg.Batch, func(g *nn.Graph) G.Nodes {
		x, z := g.Input("x", d), m.encoder.Apply(g, g.Input("x", d))
		mean, sigma := m.likelihood(g, nn.Add(z, g.Input("shift", width))) // shift = e - z, a constant
		square := nn.RowSum(nn.Square(nn.Div(nn.Sub(x, mean), sigma)))
		nll := nn.Shift(float64(d)/2*math.Log(2*math.Pi)+m.scale.LogScale(), nn.Mean(nn.Add(nn.Scale(0.5, square), nn.RowSum(nn.Log(sigma)))))
		commitment := nn.Mean(nn.RowSum(nn.Square(nn.Sub(z, g.Input("entries", width)))))
		return G.Nodes{nn.Add(nll, nn.Scale(cfg.Commitment, commitment)), nll, commitment}
	})
	return t, err
}

// Learn implements [genlab.Learner]: the losses are the objective ("loss"), -log p(x|e) in nats ("reconstruction") and the squared
// distance of the encodings from their entries ("commitment").
func (t *vqTrainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	n, d := batch.Dims()
	if n != m.cfg.Batch || d != m.dim() {
		panic(fmt.Sprintf("hybrid: a batch of %d x %d, want %d x %d", n, d, m.cfg.Batch, m.dim()))
	}
	x, shift, entries := t.step.Input("x"), t.step.Input("shift"), t.step.Input("entries")
	m.scale.FromDataTo(x, batch)
	z, width := m.encodings(x), m.cfg.CodeWidth
	if t.Steps() == 0 { // the entries start as encodings
		for e := range m.cfg.Length * m.cfg.Codes {
			at := (rng.IntN(n)*m.cfg.Length + e/m.cfg.Codes) * width
			copy(m.books[e*width:(e+1)*width], z[at:at+width])
		}
	}
	chosen := make([]int, n*m.cfg.Length)
	for i := range chosen {
		own := z[i*width : (i+1)*width]
		chosen[i] = m.nearest(i%m.cfg.Length, own)
		for j, e := range m.entry(i%m.cfg.Length, chosen[i]) {
			shift[i*width+j], entries[i*width+j] = e-own[j], e
		}
	}
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	t.follow(z, chosen, rng)
	return genlab.Losses{{Name: "loss", Value: losses[0]}, {Name: "reconstruction", Value: losses[1]}, {Name: "commitment", Value: losses[2]}}, nil
}

// rarely is the share of an equal number of choices below which an entry is replaced.
const rarely = 0.05

// follow moves the entries to the averages of the encodings that chose them.
func (t *vqTrainer) follow(z []float32, chosen []int, rng *rand.Rand) {
	m := t.Model()
	width, decay := m.cfg.CodeWidth, float32(m.cfg.CodebookDecay)
	for i := range t.counts {
		t.counts[i] *= decay
	}
	for i := range t.sums {
		t.sums[i] *= decay
	}
	for i, code := range chosen {
		e := i%m.cfg.Length*m.cfg.Codes + code
		t.counts[e] += 1 - decay
		for j := range width {
			t.sums[e*width+j] += (1 - decay) * z[i*width+j]
		}
	}
	rows := len(chosen) / m.cfg.Length
	even := float32(rows) / float32(m.cfg.Codes)
	for e := range t.counts {
		own := m.books[e*width : (e+1)*width]
		settled := t.Steps() > int(2/(1-decay)) // the averages have forgotten their zeros
		if settled && t.counts[e] < rarely*even && t.Steps() < m.cfg.Steps/2 {
			at := (rng.IntN(rows)*m.cfg.Length + e/m.cfg.Codes) * width
			copy(own, z[at:at+width])
			t.counts[e] = even
			for j := range own {
				t.sums[e*width+j] = even * own[j]
			}
		} else if t.counts[e] > 0 {
			for j := range own {
				own[j] = t.sums[e*width+j] / t.counts[e]
			}
		}
	}
}

// State returns what training needs to continue.
func (t *vqTrainer) State() []checkpoint.Tensor {
	return append(t.Descent.State(),
		checkpoint.Tensor{Name: "codebook/counts", Shape: []int{len(t.counts)}, Data: t.counts},
		checkpoint.Tensor{Name: "codebook/sums", Shape: []int{len(t.sums)}, Data: t.sums})
}

// resumeVQTrainer continues from a saved State after a number of steps.
func resumeVQTrainer(cfg VQPriorConfig, saved []checkpoint.Tensor, steps int) (*vqTrainer, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	t, err := newVQTrainer(cfg, scale, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(t.State(), saved); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	t.SetSteps(steps)
	return t, nil
}
