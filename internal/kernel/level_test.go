package kernel

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("no processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	if name := os.Getenv("GENLAB_CPU_WANT"); name != "" {
		if err := LevelError(); err != nil || CPULevel().String() != name {
			t.Fatalf("level %v, want %s (%v)", CPULevel(), name, err)
		}
		return
	}
	run := func(value, want string) (string, error) {
		c := exec.Command(self, "-test.run=^TestEnvironment$")
		c.Env = append(os.Environ(), "GENLAB_CPU="+value, "GENLAB_CPU_WANT="+want)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	for l := Portable; l <= best; l++ {
		if out, err := run(l.String(), l.String()); err != nil {
			t.Errorf("GENLAB_CPU=%v: %v\n%s", l, err, out)
		}
	}
	bad := map[string]string{"fast": "must be one of portable"}
	if best < AMX {
		bad[(best + 1).String()] = "this CPU and build have up to " + best.String()
	}
	for name, want := range bad {
		if out, err := run(name, best.String()); err == nil || strings.Contains(out, "panic") || !strings.Contains(out, want) {
			t.Errorf("GENLAB_CPU=%s: %v\n%s", name, err, out)
		}
	}
}

func TestFMAPeak(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		if p := FMAPeak(); !(p > 0.1 && p < 10000) {
			t.Errorf("%v GFLOP/s", p)
		}
	})
}

// What neither the assembler nor go vet says about the generated files.
func TestAssembly(t *testing.T) {
	high := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K\d)\b`)
	for _, file := range []string{"avx2_amd64.s", "avx512_amd64.s"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if strings.TrimSpace(line) == "RET" && strings.TrimSpace(lines[i-1]) != "VZEROUPPER" {
				t.Errorf("%s:%d: RET without VZEROUPPER", file, i+1)
			}
			if file == "avx2_amd64.s" && high.MatchString(line) {
				t.Errorf("%s:%d: needs AVX-512: %s", file, i+1, line)
			}
		}
	}
}

func TestPanics(t *testing.T) {
	x, short := make([]float32, 12), make([]float32, 11)
	for want, f := range map[string]func(){
		"kernel: Gemm: a has 11 elements, 12 are needed":                        func() { Gemm(false, false, 3, 3, 4, 1, short, 4, x, 3, 0, x, 3) },
		"kernel: Gemm: b has 11 elements, 12 are needed":                        func() { Gemm(false, true, 3, 3, 4, 1, x, 4, short, 4, 0, x, 3) },
		"kernel: Gemm: c has 8 elements, 9 are needed":                          func() { Gemm(true, true, 3, 3, 4, 1, x, 3, x, 4, 0, x[:8], 3) },
		"kernel: Gemm: lda is 2, a row has 3 columns":                           func() { Gemm(true, true, 3, 3, 4, 1, x, 2, x, 4, 0, x, 3) },
		"kernel: Gemm: negative size m=-1 n=3 k=4":                              func() { Gemm(true, true, -1, 3, 4, 1, x, 3, x, 4, 0, x, 3) },
		"kernel: BiasAct: bias has 2 elements, 3 are needed":                    func() { BiasAct(SiLU, 4, 3, x, x[:2], x, nil) },
		"kernel: BiasAct: dy has 11 elements, 12 are needed":                    func() { BiasAct(SiLU, 4, 3, x, nil, x, short) },
		"kernel: BiasAct: activation 9, there are 8":                            func() { BiasAct(9, 4, 3, x, nil, x, nil) },
		"kernel: BiasAct: negative size -4 x 3":                                 func() { BiasAct(SiLU, -4, 3, x, nil, x, nil) },
		"kernel: Mul: b has 11 elements, the first argument has 12":             func() { Mul(x, x, short) },
		"kernel: Axpy: y has 11 elements, the first argument has 12":            func() { Axpy(1, x, short) },
		"kernel: Exp: x has 12 elements, the first argument has 11":             func() { Exp(short, x) },
		"kernel: SinCos: y has 11 elements, 12 are needed":                      func() { SinCos(2, 3, x, short, 6) },
		"kernel: SinCos: stride is 5, a row has 6 values":                       func() { SinCos(2, 3, x, x, 5) },
		"kernel: MulColSum: sum has 2 elements, 3 are needed":                   func() { MulColSum(4, 3, x, x, x, x[:2]) },
		"kernel: Softmax: y has 11 elements, 12 are needed":                     func() { Softmax(4, 3, x, short) },
		"kernel: LayerNorm: rstd has 3 elements, 4 are needed":                  func() { LayerNorm(4, 3, x, x, x, x, x, x[:3], 1) },
		"kernel: AdamStep: step 0, the first is 1":                              func() { AdamStep(Adam{}, x, x, x, x, nil) },
		"kernel: AdamStep: ema has 0 elements, the first argument has 12":       func() { AdamStep(Adam{Step: 1, EMA: 0.9}, x, x, x, x, nil) },
		"kernel: FillRows: dst has 11 elements, 12 are needed":                  func() { FillRows(4, 3, x, short) },
		"kernel: a spline of 1 bins on ±2, want at least 2 and a bound above 0": func() { NewSpline[float32](1, 2, 0, 0, 0) },
		"kernel: SplineForward: theta has 11 elements, 15 are needed": func() {
			SplineForward(NewSpline[float32](2, 1, 0, 0, 0), false, 3, x, short, make([]float32, 1000), x, x)
		},
		"kernel: SplineBackward: kept has 12 elements, 432 are needed": func() {
			SplineBackward(NewSpline[float32](2, 1, 0, 0, 0), true, 3, x, x, x, x, x)
		},
		"kernel: SplineMap: 12 elements, want a multiple of 16": func() {
			SplineMap(NewSpline[float32](2, 1, 0, 0, 0), true, false, 12, x, make([]float64, 12), make([]float64, 12), x)
		},
		"kernel: level Level(9) is wanted, this CPU and build have up to " + best.String(): func() { ForceLevel(9) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %v", got, want)
				}
			}()
			f()
		}()
	}
}

func TestZeroSizes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		var e []float32
		c := fill(6, 2)
		Gemm(false, false, 0, 3, 4, 1, e, 4, fill(12, 1), 3, 0, e, 3)
		Gemm(false, false, 2, 0, 4, 1, fill(8, 1), 4, e, 1, 0, e, 1)
		Gemm(false, false, 2, 3, 0, 1, e, 1, e, 3, 0.5, c, 3)
		for _, v := range c {
			if v != 1 {
				t.Fatalf("k = 0 gives %v, want beta*C = 1", v)
			}
		}
		ColSum(0, 6, e, c)
		for _, v := range c {
			if v != 0 {
				t.Fatalf("a sum of no rows is %v", v)
			}
		}
		for name, f := range calls(0, 0) {
			if !strings.HasPrefix(name, "Gemm") {
				f()
			}
		}
	})
}
