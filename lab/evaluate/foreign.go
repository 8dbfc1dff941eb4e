package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Files names the files that tell of a model of another program, in the formats of [datasets.ReadRows].
type Files struct {
	Samples string // points, n x Dim; "" without
	LogP    string // log q at each sample, in nats; "" without
	LogQ    string // log q at each of [FreshPoints], in nats; "" without
}

// Foreign is what the files tell of a model of another program.
type Foreign struct {
	Samples *mat.Dense // n x Dim; nil without
	LogP    []float64  // log q at each sample, in nats; nil without
	LogQ    []float64  // log q at each of [FreshPoints], in nats; nil without
	Rows    int        // number of rows in the file of samples
	Notes   []string   // sentences on what was done to the rows
}

// Limits of the number of rows in the files of a foreign model.
const (
	MinForeign = 100
	MaxForeign = 200000 // rows that are scored
)

// FreshPoints returns the points that likelihoods are averaged over, determined by the seed: n of the true
// distribution (n x Dim), or at most n held-out rows of a file.
func FreshPoints(p registry.Points, seed uint64, n int) *mat.Dense {
	return p.Evaluated().Fresh(n, train.NewStream(seed, "likelihood").Rand)
}

// Read reads the files of a model of p. Of more than n samples it keeps n, chosen by the seed. It fails with a
// usage error where a file cannot be read, has the wrong number of rows, or has log densities that cannot be.
func (f Files) Read(p registry.Points, n int, seed uint64) (*Foreign, error) {
	m := new(Foreign)
	if f.LogP != "" && f.Samples == "" {
		return nil, usage.Errorf("%s has log densities at samples, but there are no samples", f.LogP)
	}
	if f.Samples != "" {
		if err := m.readSamples(f, p, n, seed); err != nil {
			return nil, err
		}
	}
	if f.LogQ == "" {
		return m, nil
	}
	var err error
	if m.LogQ, err = readLogDensity(f.LogQ); err != nil {
		return nil, err
	}
	k, want := len(m.LogQ), fmt.Sprintf("%d to %d fresh", MinForeign, MaxPoints)
	fits := k >= MinForeign && k <= MaxPoints
	if rows, ok := p.Evaluated().Rows(); ok {
		n, _ := rows.Dims()
		n = min(n, MaxPoints)
		fits, want = k == n, fmt.Sprintf("%d held-out", n)
	}
	if !fits {
		return nil, usage.Errorf("%s has %d values, but must have one for each of the %s points that genlab eval --write-points writes", f.LogQ, k, want)
	}
	return m, nil
}

func (m *Foreign) readSamples(f Files, p registry.Points, n int, seed uint64) error {
	x, err := datasets.ReadRows(f.Samples, p.Dim())
	if err != nil {
		return registry.InputError(err)
	}
	if m.Rows, _ = x.Dims(); m.Rows < MinForeign {
		return usage.Errorf("%s has %d rows, but at least %d samples are needed", f.Samples, m.Rows, MinForeign)
	}
	if f.LogP != "" {
		if m.LogP, err = m.readLogP(f, p); err != nil {
			return err
		}
	}
	sorted := ordered(x)
	if sorted {
		m.Notes = append(m.Notes, fmt.Sprintf("The rows of %s are not in random order (means of its parts differ), so they are shuffled.", f.Samples))
	}
	if m.Samples = x; !sorted && m.Rows <= n {
		return nil
	}
	if m.Rows > n {
		m.Notes = append(m.Notes, fmt.Sprintf("%s has %d rows, of which %d chosen at random are scored.", f.Samples, m.Rows, n))
	}
	m.choose(min(n, m.Rows), train.NewStream(seed, "rows").Rand)
	return nil
}

// readLogP reads log q at the samples. Since they were drawn from q, it must be finite at each.
func (m *Foreign) readLogP(f Files, p registry.Points) ([]float64, error) {
	if p.Density == nil {
		return nil, usage.Errorf("log densities at the samples give KL(q‖p) by the true density, which %s does not have: leave out %s, or give log densities at fresh points", p.Name, f.LogP)
	}
	logp, err := readLogDensity(f.LogP)
	if err != nil {
		return nil, err
	}
	if len(logp) != m.Rows {
		return nil, usage.Errorf("%s has %d values, but %s has %d rows: one value per row is needed, in the same order", f.LogP, len(logp), f.Samples, m.Rows)
	}
	if i := slices.Index(logp, math.Inf(-1)); i >= 0 {
		return nil, usage.Errorf("%s: value %d is -Inf, but a model has a positive density at its own samples: are the values in the order of the rows of %s?", f.LogP, i+1, f.Samples)
	}
	return logp, nil
}

// readLogDensity reads values of a log density: numbers or -Inf, and not -Inf alone.
func readLogDensity(path string) ([]float64, error) {
	v, err := datasets.ReadVector(path)
	if err != nil {
		return nil, registry.InputError(err)
	}
	lost := 0
	for i, l := range v {
		if math.IsNaN(l) || math.IsInf(l, 1) {
			return nil, usage.Errorf("%s: value %d is %v, which is no log density: expected nats or -Inf", path, i+1, l)
		}
		if math.IsInf(l, -1) {
			lost++
		}
	}
	if lost == len(v) {
		return nil, usage.Errorf("%s: every value is -Inf: expected log densities in nats, in the original coordinates", path)
	}
	return v, nil
}

// ordered reports whether the rows of x are not in random order: the mean of a tenth differs from that of all by
// more than six standard errors. Programs write samples class by class, and some metrics take the first rows.
func ordered(x *mat.Dense) bool {
	const parts, errors = 10, 6
	n, d := x.Dims()
	for j := range d {
		v := mat.Col(nil, j, x)
		mean, sd := stat.MeanStdDev(v, nil)
		for p := range parts {
			part := v[p*n/parts : (p+1)*n/parts]
			if math.Abs(stat.Mean(part, nil)-mean) > errors*sd/math.Sqrt(float64(len(part))) {
				return true
			}
		}
	}
	return false
}

// choose keeps n of the samples in random order.
func (m *Foreign) choose(n int, rng *rand.Rand) {
	_, d := m.Samples.Dims()
	x, logp := mat.NewDense(n, d, nil), m.LogP
	if logp != nil {
		m.LogP = make([]float64, n)
	}
	for i, k := range rng.Perm(m.Rows)[:n] {
		if x.SetRow(i, m.Samples.RawRowView(k)); logp != nil {
			m.LogP[i] = logp[k]
		}
	}
	m.Samples = x
}

// Likelihoods returns the rows of the model's likelihood: NLL and KL(p‖q) where log q at fresh points is known, by
// the same code as those of a run, and KL(q‖p) where log q at the samples is.
func (m *Foreign) Likelihoods(p registry.Points, seed uint64) (rows []metrics.Row) {
	if m.LogQ != nil {
		rows = densityRows(p.Evaluated(), FreshPoints(p, seed, len(m.LogQ)), m.LogQ)
	}
	if m.LogP != nil {
		rows = append(rows, metrics.PairedMean(m.LogP, p.Density.LogProb(m.Samples)).Row("kl_reverse", 0, "exact", "lower"))
	}
	return rows
}

// Report evaluates the model under a name, as [Run] evaluates a run with the same seed.
func (m *Foreign) Report(name string, p registry.Points, seed uint64) *Report {
	r := &Report{Model: name, Data: p.Name, Seed: seed, Foreign: true}
	if m.Samples != nil {
		n, _ := m.Samples.Dims()
		r.Rows = Against(m.Samples, p, seed)
		r.Note = note(p, r.Rows, n)
	}
	for _, row := range m.Likelihoods(p, seed) {
		if r.Rows = append(r.Rows, row); row.Name != "nll" && row.Value < -3*row.SE {
			m.Notes = append(m.Notes, fmt.Sprintf("%s is below 0 by more than three standard errors, which is impossible for a density: check that the "+
				"log densities are in nats, in the original coordinates (with the Jacobian determinant of a standardisation), and in the order of the points.", row.Name))
		}
	}
	for _, note := range m.Notes {
		if r.Note != "" {
			r.Note += "\n"
		}
		r.Note += note
	}
	return r
}
