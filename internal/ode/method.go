package ode

import (
	"gonum.org/v1/gonum/mat"
)

// Method is an explicit Runge-Kutta method by its Butcher tableau: stage i is evaluated at time t + h·Nodes[i], at the
// point x + h·Σ_j Stages[i][j]·k_j, and the step is h·Σ_i Weights[i]·k_i.
type Method struct {
	Name    string
	Nodes   []float64
	Stages  [][]float64
	Weights []float64
	// Error are the weights of the difference from the embedded method of lower order; nil: there is none.
	Error []float64
	Order int
}

// The methods. [DormandPrince] has its last stage at the point of the next step: an adaptive integration
// evaluates it once.
var (
	Euler    = Method{"euler", []float64{0}, [][]float64{{}}, []float64{1}, nil, 1}
	Midpoint = Method{"midpoint", []float64{0, 1. / 2}, [][]float64{{}, {1. / 2}}, []float64{0, 1}, nil, 2}
	Heun     = Method{"heun", []float64{0, 1}, [][]float64{{}, {1}}, []float64{1. / 2, 1. / 2}, nil, 2}
	RK4      = Method{"rk4", []float64{0, 1. / 2, 1. / 2, 1}, [][]float64{{}, {1. / 2}, {0, 1. / 2}, {0, 0, 1}}, []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}, nil, 4}

	// DormandPrince has the coefficients of [dormand1980], table 2.
	DormandPrince = Method{
		Name:  "dopri5",
		Nodes: []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
		Stages: [][]float64{
			{},
			{1. / 5},
			{3. / 40, 9. / 40},
			{44. / 45, -56. / 15, 32. / 9},
			{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
			{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
			{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
		},
		Weights: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
		Error:   []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
		Order:   5,
	}
)

// Evaluations returns the number of evaluations of the field in a step.
func (m Method) Evaluations() int { return len(m.Nodes) }

func (m Method) String() string { return m.Name }

// Stepper returns a function that takes one step of all rows of x, in place, from time t to s, which may be
// less than t. It keeps its memory between calls with as many rows.
func (m Method) Stepper(f Field) func(x *mat.Dense, t, s float64) {
	var at *mat.Dense
	var slopes []*mat.Dense
	var times []float64
	return func(x *mat.Dense, t, s float64) {
		n, d := x.Dims()
		if len(times) != n || at.RawMatrix().Cols != d {
			at, slopes, times = mat.NewDense(n, d, nil), nil, make([]float64, n)
			for range m.Nodes {
				slopes = append(slopes, mat.NewDense(n, d, nil))
			}
		}
		h := s - t
		for i, node := range m.Nodes {
			for k := range times {
				times[k] = t + node*h
			}
			at.Copy(x)
			for j, c := range m.Stages[i] {
				addScaled(at, h*c, slopes[j])
			}
			f(slopes[i], at, times)
		}
		for i, w := range m.Weights {
			addScaled(x, h*w, slopes[i])
		}
	}
}

// addScaled adds c·y to x.
func addScaled(x *mat.Dense, c float64, y *mat.Dense) {
	if c == 0 {
		return
	}
	n, _ := x.Dims()
	for i := range n {
		row := x.RawRowView(i)
		for j, v := range y.RawRowView(i) {
			row[j] += c * v
		}
	}
}
