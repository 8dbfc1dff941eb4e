package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/internal/parallel"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// VQModel is an autoregressive distribution of sequences of codes c and a Gaussian for each:
//
//	p(x) = Σ_c p(c)·p(x|c),   p(c) = ∏ᵢ p(cᵢ | c<ᵢ).
//
// The sum has so few terms that it is computed: a VQModel is a genlab.LogProber. [VQModel.LogBound] is the usual lower bound, the term of
// the sequence that the encoder chooses. It is safe for concurrent use once loaded.
type VQModel struct {
	cfg         VQPriorConfig
	autoencoder *vqAutoencoder
	prior       *autoregressive.Text
	logPrior    []float64 // of each sequence, the first code most significant
	mean, sigma []float32 // of p(x|c), sequences x d, standardised
}

// LoadVQPrior returns the model with the EMA weights of a trainer's saved State. It returns an error if the saved tensors do not fit
// cfg. Before the prior has begun, its distribution is that of random weights.
func LoadVQPrior(cfg VQPriorConfig, saved []checkpoint.Tensor) (*VQModel, error) {
	own := checkpoint.Out("codes", saved)
	scale, err := standardize.FromState("scale", own)
	if err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	m := &VQModel{cfg: cfg}
	if m.autoencoder, err = newVQAutoencoder(cfg, scale, rand.New(rand.NewPCG(0, 0))); err != nil {
		return nil, err
	}
	if err := train.LoadAverage(m.autoencoder, own); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	if prior := checkpoint.Out("prior", saved); len(prior) > 0 {
		text, err := autoregressive.Load(cfg.prior(), prior)
		if err != nil {
			return nil, err
		}
		m.prior = text.(*autoregressive.Text)
	} else if m.prior, err = autoregressive.NewText(cfg.prior(), cfg.letters(), rand.New(rand.NewPCG(0, 0))); err != nil {
		return nil, err
	}
	m.tabulate()
	return m, nil
}

// tabulate evaluates prior and decoder at all sequences.
func (m *VQModel) tabulate() {
	c := m.cfg
	n := int(math.Pow(float64(c.Codes), float64(c.Length)) + 0.5)
	symbols, entries := make([]int, 0, n*c.Length), make([]float32, 0, n*c.Length*c.CodeWidth)
	for s := range n {
		codes := m.sequence(s)
		symbols = append(append(symbols, c.Codes), codes[:c.Length-1]...) // after the start symbol
		for p, code := range codes {
			entries = append(entries, m.autoencoder.entry(p, code)...)
		}
	}
	logits := m.prior.Logits(symbols)
	classes := len(logits) / len(symbols)
	m.logPrior = make([]float64, n)
	for s := range n {
		for p, code := range m.sequence(s) { // without the class of unknown codes
			m.logPrior[s] += logProbOf(logits[(s*c.Length+p)*classes:][:c.Codes], code)
		}
	}
	d := m.autoencoder.dim()
	m.mean, m.sigma = make([]float32, n*d), make([]float32, n*d)
	if err := m.autoencoder.decode.Run(n, nn.Columns{"entries": entries}, m.mean, m.sigma); err != nil {
		panic(err) // the shapes are fixed
	}
}

// sequence returns the codes of a sequence by its number.
func (m *VQModel) sequence(s int) []int {
	codes := make([]int, m.cfg.Length)
	for p := m.cfg.Length - 1; p >= 0; p-- {
		codes[p], s = s%m.cfg.Codes, s/m.cfg.Codes
	}
	return codes
}

// logProbOf returns log softmax(logits) at an index.
func logProbOf(logits []float32, index int) float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range logits {
		top = math.Max(top, float64(v))
	}
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return float64(logits[index]) - top - math.Log(sum)
}

// Params returns the number of trained parameters, the codebooks among them.
func (m *VQModel) Params() int {
	return m.autoencoder.params.Count() + len(m.autoencoder.books) + m.prior.Params()
}

// Dim returns the number of coordinates of the points.
func (m *VQModel) Dim() int { return m.autoencoder.dim() }

// Prior returns the model of the sequences of codes.
func (m *VQModel) Prior() *autoregressive.Text { return m.prior }

// Codes returns the codes of the rows of x (n x d, in the data's coordinates): n x Length. It panics for another width.
func (m *VQModel) Codes(x *mat.Dense) *mat.Dense {
	if _, d := x.Dims(); d != m.Dim() {
		panic(fmt.Sprintf("hybrid: points with %d columns for a model of %d", d, m.Dim()))
	}
	return m.autoencoder.Codes(x)
}

// Sample returns n samples (n x d): a sequence of codes from the prior, then a point given the codes. It panics if n < 1.
func (m *VQModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("hybrid: Sample of n = %d, want n >= 1", n))
	}
	cumulative, total := make([]float64, len(m.logPrior)), 0.0
	for s, l := range m.logPrior {
		total += math.Exp(l)
		cumulative[s] = total
	}
	d := m.Dim()
	x := mat.NewDense(n, d, nil)
	for i := range n {
		u := rng.Float64() * total
		lo, hi := 0, len(cumulative)-1
		for lo < hi {
			if mid := (lo + hi) / 2; cumulative[mid] > u {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		for j := range d {
			x.Set(i, j, float64(m.mean[lo*d+j])+float64(m.sigma[lo*d+j])*rng.NormFloat64())
		}
	}
	m.autoencoder.scale.ToData(x)
	return x
}

// LogProb returns log p of each row of x (n x d): n values in nats, exact, by the sum over all sequences of codes. It panics if x does
// not have d columns.
func (m *VQModel) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != m.Dim() {
		panic(fmt.Sprintf("hybrid: points with %d columns for a model of %d", d, m.Dim()))
	}
	z := mat.DenseCopyOf(x)
	m.autoencoder.scale.FromData(z)
	out := make([]float64, n)
	parallel.Rows(n, 64, func(lo, hi int) {
		terms := make([]float64, len(m.logPrior))
		for i := lo; i < hi; i++ {
			top := math.Inf(-1)
			for s := range terms {
				terms[s] = m.joint(z.RawRowView(i), s)
				top = math.Max(top, terms[s])
			}
			if math.IsInf(top, -1) {
				out[i] = top
				continue
			}
			sum := 0.0
			for _, v := range terms {
				sum += math.Exp(v - top)
			}
			out[i] = top + math.Log(sum) - m.autoencoder.scale.LogScale()
		}
	})
	return out
}

// joint returns log p(c)·p(z|c) of standardised z and a sequence.
func (m *VQModel) joint(z []float64, s int) float64 {
	l := m.logPrior[s] - float64(len(z))/2*math.Log(2*math.Pi)
	for j, v := range z {
		sigma := float64(m.sigma[s*len(z)+j])
		u := (v - float64(m.mean[s*len(z)+j])) / sigma
		l -= u*u/2 + math.Log(sigma)
	}
	return l
}

// LogBound returns log p(c)·p(x|c) of the codes c that the encoder chooses, for each row of x (n x d): the evidence lower bound of a
// posterior that is certain, at most LogProb at every point. It panics if x does not have d columns.
func (m *VQModel) LogBound(x mat.Matrix, _ *rand.Rand) []float64 {
	z := mat.DenseCopyOf(x)
	codes := m.Codes(z)
	m.autoencoder.scale.FromData(z)
	n, _ := z.Dims()
	out := make([]float64, n)
	for i := range n {
		s := 0
		for _, code := range codes.RawRowView(i) {
			s = s*m.cfg.Codes + int(code)
		}
		out[i] = m.joint(z.RawRowView(i), s) - m.autoencoder.scale.LogScale()
	}
	return out
}

// Evaluations returns the number of network evaluations per sample: one for each code, and one of the decoder.
func (m *VQModel) Evaluations() int { return m.cfg.Length + 1 }
