package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/nn"
)

var (
	_ layer     = Chain(nil)
	_ layer     = (*Triangular)(nil)
	_ layer     = (*Linear)(nil)
	_ scalarMap = nn.Spline{}
	_ scalarMap = affine{}
	_ Bijector  = Chain(nil)
)

const classes = 3

// testCase is a bijector of d coordinates with weights far from the identity.
type testCase struct {
	name     string
	d        int
	labelled bool
	layer    layer
	params   *nn.Params
}

// bijectors are all kinds of bijectors, and a chain of some.
func bijectors() []testCase {
	var all []testCase
	add := func(name string, d int, labelled bool, build func(ps *nn.Params, c Config, classes int, rng *rand.Rand) layer) {
		s := testCase{name: fmt.Sprintf("%s/d=%d/labels=%v", name, d, labelled), d: d, labelled: labelled, params: new(nn.Params)}
		k := 0
		if labelled {
			k = classes
		}
		rng := pcg(1, uint64(len(all)))
		s.layer = build(s.params, small(), k, rng)
		disturb(s.params, 0.045, rng)
		all = append(all, s)
	}
	for _, d := range []int{2, 3} {
		add("linear", d, false, func(ps *nn.Params, _ Config, _ int, _ *rand.Rand) layer { return newLinear(ps, "x", d, 1.1) })
		for _, structure := range Structure("").Choices() {
			for _, transform := range Transform("").Choices() {
				for _, labelled := range []bool{false, true} {
					add(structure+"/"+transform, d, labelled, func(ps *nn.Params, c Config, k int, rng *rand.Rand) layer {
						c.Structure, c.Transform = Structure(structure), Transform(transform)
						return newTriangular(ps, "x", c, d, k, labelled, rng)
					})
				}
			}
		}
		add("chain", d, true, func(ps *nn.Params, c Config, k int, rng *rand.Rand) layer {
			c.Transform = Affine
			first := newTriangular(ps, "a", c, d, k, false, rng)
			c.Transform = Spline
			return Chain{first, newLinear(ps, "b", d, -0.4), newTriangular(ps, "c", c, d, k, true, rng)}
		})
	}
	return all
}

// disturb moves all parameters away from where they begin.
func disturb(ps *nn.Params, size float64, rng *rand.Rand) {
	for _, p := range ps.List() {
		for i := range p.Value {
			p.Value[i] += float32(size * rng.NormFloat64())
		}
	}
}

// points are n points of the support, and of the tails on both sides of a spline's bound.
func (s testCase) points(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	x = mat.NewDense(n, s.d, nil)
	for i := range n {
		for j := range s.d {
			size := []float64{1.5, 1.5, 3, 6}[i%4]
			x.Set(i, j, float64(float32(size*rng.NormFloat64())))
		}
		labels = append(labels, rng.IntN(classes))
	}
	if !s.labelled {
		labels = nil
	}
	return x, labels
}

// TestInverseIsInverse: inverse after forward is the identity, and both state one determinant.
func TestInverseIsInverse(t *testing.T) {
	for _, s := range bijectors() {
		t.Run(s.name, func(t *testing.T) {
			const n = 2000
			x, labels := s.points(n, pcg(2, 2))
			z, there, back := mat.DenseCopyOf(x), make([]float64, n), make([]float64, n)
			s.layer.Forward(z, labels, there)
			if mat.EqualApprox(x, z, 0.01) {
				t.Fatal("the map is the identity")
			}
			s.layer.Inverse(z, labels, back)
			for i := range n {
				for j := range s.d {
					if got, want := z.At(i, j), x.At(i, j); !(math.Abs(got-want) <= 1e-5) {
						t.Errorf("%v comes back as %v", want, got)
					}
				}
				if !(math.Abs(there[i]-back[i]) <= 1e-5) {
					t.Errorf("log-determinants %v and %v at %v", there[i], back[i], x.RawRowView(i))
				}
			}
			z.Copy(x)
			clear(there)
			s.layer.Inverse(z, labels, back)
			s.layer.Forward(z, labels, there)
			if !mat.EqualApprox(z, x, 1e-5) {
				t.Error("forward after inverse is not the identity")
			}
		})
	}
}

// double evaluates the formula in float64 at x + h·step.
func (s testCase) double(t *testing.T, x, step *mat.Dense, labels []int, h float64) (z, logDet []float64) {
	n := x.RawMatrix().Rows
	narrow := func(m *mat.Dense) []float32 {
		v := make([]float32, n*s.d)
		for i := range v {
			v[i] = float32(m.RawMatrix().Data[i])
		}
		return v
	}
	g := nn.NewGraph64(n)
	at := nn.Add(g.Table("x", n, s.d, narrow(x)), nn.Scale(h, g.Table("step", n, s.d, narrow(step))))
	zn, ln := s.rows(g, at, oneHot(g, labels))
	m, err := nn.Compile(g, zn, ln)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	return float64s(m, zn), float64s(m, ln)
}

// rows builds the layer for points in rows.
func (s testCase) rows(g *nn.Graph, x, label *G.Node) (z, logDet *G.Node) {
	if label != nil {
		label = nn.Transpose(label)
	}
	state := s.layer.node(g, initialState(g, x), label)
	return nn.Transpose(nn.RowRange(state, 0, s.d)), nn.Transpose(nn.RowRange(state, s.d, s.d+1))
}

func oneHot(g *nn.Graph, labels []int) *G.Node {
	if labels == nil {
		return nil
	}
	v := make([]float32, len(labels)*classes)
	for i, c := range labels {
		v[i*classes+c] = 1
	}
	return g.Table("label", len(labels), classes, v)
}

func float64s(m *nn.Machine, n *G.Node) []float64 { return m.Value(n).(*tensor.Dense).Float64s() }

// TestLogDetIsTheJacobians: the log-determinant is that of the finite-difference Jacobian, in
// float64. The differences are off by h² and by rounding over h, both below 1e-8 of a slope; a
// knot between two of them, which is rare, by h.
func TestLogDetIsTheJacobians(t *testing.T) {
	for _, s := range bijectors() {
		t.Run(s.name, func(t *testing.T) {
			const n, h = 400, 1e-5
			x, labels := s.points(n, pcg(3, 3))
			zero := mat.NewDense(n, s.d, nil)
			z, logDet := s.double(t, x, zero, labels, h)
			jacobian := make([]*mat.Dense, n)
			for i := range jacobian {
				jacobian[i] = mat.NewDense(s.d, s.d, nil)
			}
			for k := range s.d {
				step := mat.NewDense(n, s.d, nil)
				for i := range n {
					step.Set(i, k, 1)
				}
				right, _ := s.double(t, x, step, labels, h)
				left, _ := s.double(t, x, step, labels, -h)
				for i := range n {
					for j := range s.d {
						jacobian[i].Set(j, k, (right[i*s.d+j]-left[i*s.d+j])/(2*h))
					}
				}
			}
			flat := 0 // where differences of images are rounding
			for i := range n {
				want, sign := mat.LogDet(jacobian[i])
				if logDet[i] < -8 {
					flat++
				} else if sign != 1 || !(math.Abs(logDet[i]-want) <= 1e-4) {
					t.Errorf("log-determinant %v at %v, by differences %v of sign %v", logDet[i], x.RawRowView(i), want, sign)
				}
			}
			if flat > n/8 {
				t.Errorf("%d of %d points are where the map is too flat to compare", flat, n)
			}
			// What scores and samples is the same map, its networks in float32.
			direct := make([]float64, n)
			s.layer.Forward(x, labels, direct)
			for i := range n {
				for j, got := range x.RawRowView(i) {
					if want := z[i*s.d+j]; !(math.Abs(got-want) <= 2e-4*(1+math.Abs(want))) {
						t.Errorf("image %v, in float64 %v", got, want)
					}
				}
				if !(math.Abs(direct[i]-logDet[i]) <= 1e-3) {
					t.Errorf("log-determinant %v, in float64 %v", direct[i], logDet[i])
				}
			}
		})
	}
}

// TestGradients: of a likelihood with respect to every parameter, against central differences
// in float64.
func TestGradients(t *testing.T) {
	for _, s := range bijectors() {
		t.Run(s.name, func(t *testing.T) {
			const n = 24
			x, labels := s.points(n, pcg(4, 4))
			values := make([]float32, n*s.d)
			for i, v := range x.RawMatrix().Data {
				values[i] = float32(v / 4)
			}
			g := nn.NewGraph64(n)
			z, logDet := s.rows(g, g.Table("x", n, s.d, values), oneHot(g, labels))
			loss := nn.Scale(-1, nn.Mean(nn.Add(nn.Scale(-0.5, nn.RowSum(nn.Square(z))), logDet)))
			var wrt G.Nodes
			for _, p := range s.params.List() {
				wrt = append(wrt, g.Param(p))
			}
			grads, err := g.Grad(loss, nil, wrt...)
			if err != nil {
				t.Fatal(err)
			}
			m, err := nn.Compile(g, append(grads, loss)...)
			if err != nil {
				t.Fatal(err)
			}
			run := func() float64 {
				if err := m.RunAll(); err != nil {
					t.Fatal(err)
				}
				return float64s(m, loss)[0]
			}
			run()
			var got [][]float64
			for _, n := range grads {
				got = append(got, append([]float64(nil), float64s(m, n)...))
			}
			// Parameters are float32: h is far above their spacing, and the difference that
			// was made is what is divided by. Where a knot passes a point within it, the
			// differences are off by h times a jump.
			const h = 1. / (1 << 18)
			for k, p := range s.params.List() {
				for i := 0; i < len(p.Value); i += 1 + len(p.Value)/40 {
					v := p.Value[i]
					p.Value[i] = v + h
					right, above := run(), float64(p.Value[i])
					p.Value[i] = v - h
					left, below := run(), float64(p.Value[i])
					p.Value[i] = v
					want := (right - left) / (above - below)
					if !(math.Abs(got[k][i]-want) <= 1e-4*math.Max(1, math.Abs(want))) {
						t.Errorf("%s[%d]: gradient %v, by differences %v", p.Name, i, got[k][i], want)
					}
				}
			}
		})
	}
}

// TestFreshLayersAreTheIdentity, so that training starts from the base.
func TestFreshLayersAreTheIdentity(t *testing.T) {
	for _, structure := range Structure("").Choices() {
		for _, transform := range Transform("").Choices() {
			c := small()
			c.Structure, c.Transform = Structure(structure), Transform(transform)
			ps := new(nn.Params)
			chain := Chain{newTriangular(ps, "a", c, 2, 0, false, pcg(1, 1)), newLinear(ps, "b", 2, 0)}
			x, _ := testCase{d: 2}.points(100, pcg(5, 5))
			z, logDet := mat.DenseCopyOf(x), make([]float64, 100)
			chain.Forward(z, nil, logDet)
			for i, l := range logDet {
				if !(math.Abs(l) <= 1e-6) || !mat.EqualApprox(z, x, 1e-6) {
					t.Fatalf("%s %s: %v to %v, log-determinant %v", structure, transform, x.RawRowView(i), z.RawRowView(i), l)
				}
			}
		}
	}
}
