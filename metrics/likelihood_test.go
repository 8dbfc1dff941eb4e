package metrics

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// normal is N((shift, 0), scale² I).
type normal struct{ shift, scale float64 }

func (q normal) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	p := make([]float64, n)
	for i := range p {
		p[i] = -(sq(x.At(i, 0)-q.shift)+sq(x.At(i, 1)))/(2*q.scale*q.scale) - math.Log(2*math.Pi*q.scale*q.scale)
	}
	return p
}

// LogBound is half a nat and noise below.
func (q normal) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	p := q.LogProb(x)
	for i := range p {
		p[i] -= rng.Float64()
	}
	return p
}

// disc is uniform on the unit disc.
type disc struct{}

func (disc) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	p := make([]float64, n)
	for i := range p {
		p[i] = -math.Log(math.Pi)
		if math.Hypot(x.At(i, 0), x.At(i, 1)) > 1 {
			p[i] = math.Inf(-1)
		}
	}
	return p
}

// Between round Gaussians KL = d²/2b² + a²/b² - 1 - log(a²/b²); entropy 1 + log 2π a².
func TestLikelihoodOfGaussians(t *testing.T) {
	const n = 20000
	x := gaussian(n, 0, 1, random(1))
	p, q := normal{0, 1}, normal{.5, 1.2}
	nll := NLL(p, x)
	near(t, "NLL of the truth", nll.Value, 1+math.Log(2*math.Pi), 4*nll.SE) // 4 standard errors
	want := .25/2/1.44 + 1/1.44 - 1 + math.Log(1.44)
	kl := KL(p, q, x)
	near(t, "KL", kl.Value, want, 4*kl.SE)
	if !(kl.SE < nll.SE) {
		t.Errorf("paired error %v, unpaired %v", kl.SE, nll.SE)
	}
	reverse := ReverseKL(p, q, gaussian(n, .5, 1.2, random(2)))
	near(t, "reverse KL", reverse.Value, .25/2+1.44-1-math.Log(1.44), 4*reverse.SE)
	bound := NLLBound(p, x, random(3))
	near(t, "bound", bound.Value, nll.Value+.5, 0.01) // 0.5 ± 0.002 of noise
	near(t, "KL of itself", KL(p, p, x).Value, 0, 0)
	rng := random(4)
	calibrate(200, func() Estimate { return KL(p, q, gaussian(100, 0, 1, rng)) }).honest(t, .8, 1.2)
}

func TestLikelihoodWithoutMass(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{0, 0, 2, 0, .5, .5, 0, 3})
	for name, e := range map[string]Estimate{"NLL": NLL(disc{}, x), "KL": KL(normal{0, 1}, disc{}, x)} {
		if !math.IsInf(e.Value, 1) || e.NonFinite != 2 || e.N != 4 {
			t.Errorf("%s of 2 rows outside the support: %+v", name, e)
		}
	}
	if e := KL(disc{}, disc{}, x); !math.IsNaN(e.Value) || e.NonFinite != 2 {
		t.Errorf("rows that p does not draw: %+v", e)
	}
}

// What has no likelihood is refused by the compiler, and so is a bound in place of one.
func TestNLLOfASamplerDoesNotCompile(t *testing.T) {
	const source = `package p
import ("math/rand/v2"; "gonum.org/v1/gonum/mat"; "genlab/metrics")
type sampler struct{}
func (sampler) Sample(n int, rng *rand.Rand) *mat.Dense { return nil }
type bounder struct{ sampler }
func (bounder) LogBound(x mat.Matrix, rng *rand.Rand) []float64 { return nil }
type prober struct{ sampler }
func (prober) LogProb(x mat.Matrix) []float64 { return nil }
func f(x mat.Matrix) { metrics.NLL(`
	list, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(list)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	set := token.NewFileSet()
	compiled := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	check := func(model string) error {
		file, err := parser.ParseFile(set, "p.go", source+model+"{}, x) }", 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&types.Config{Importer: compiled}).Check("p", set, []*ast.File{file}, nil)
		return err
	}
	if err := check("prober"); err != nil {
		t.Errorf("a prober is refused: %v", err)
	}
	for _, model := range []string{"sampler", "bounder"} {
		if err := check(model); err == nil || !strings.Contains(err.Error(), "missing method LogProb") {
			t.Errorf("NLL(%s{}, x): %v", model, err)
		}
	}
}
