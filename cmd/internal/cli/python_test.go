package cli

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/lab/models"
)

// pythonWith returns a Python that has packages, or skips the test. PYTHON names another one.
func pythonWith(t *testing.T, packages string) string {
	t.Helper()
	name := os.Getenv("PYTHON")
	if name == "" {
		name = "python3"
	}
	if err := exec.Command(name, "-c", "import "+packages).Run(); err != nil {
		t.Skipf("%s has not all of %s here (pip install them; PYTHON names another): tools/python was not tested", name, packages)
	}
	return name
}

const (
	pythonPackage = "../../../tools/python"
	pythonRuns    = "../../../lab/trainer/testdata/runs"
)

// mustRun runs a command in this process.
func mustRun(t *testing.T, args ...string) {
	t.Helper()
	if err := Run(context.Background(), args, io.Discard, io.Discard); err != nil {
		t.Fatalf("genlab %s: %v", strings.Join(args, " "), err)
	}
}

// pyCase is a case of tools/python/check.py, which describes its fields, and pyResult what that finds.
type (
	pyCase struct {
		Run     string `json:"run"`
		N       int    `json:"n"`
		Seed    int    `json:"seed"`
		Label   *int   `json:"label,omitempty"`
		Samples string `json:"samples,omitempty"`
		Points  string `json:"points,omitempty"`
		Scores  string `json:"scores,omitempty"`
		Bound   int    `json:"bound,omitempty"`
		Method  string `json:"method,omitempty"`
		Values  string `json:"values"`
		Text    string `json:"text,omitempty"`

		Options map[string]any `json:"options,omitempty"`
	}
	pyResult struct {
		Sample, Scores, Values *difference
		Same                   bool
		Torch                  float64
	}
)

// checkPython runs tools/python/check.py.
func checkPython(t *testing.T, python string, cases []pyCase) (results []pyResult) {
	t.Helper()
	b, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd := exec.Command(python, filepath.Join(pythonPackage, "check.py"), file)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return results
}

// difference is what tools/python/check.py measures: the largest difference, its 99th percentile and its median.
type difference struct{ Most, P99, Median float64 }

// TestPython: tools/python opens the runs of every model that it knows, of this version and of the one before. Its samples of a seed and its
// log densities, in the data, in the tails and beyond a spline's bound, are genlab's to 1e-5.
func TestPython(t *testing.T) {
	python := pythonWith(t, "numpy, safetensors")
	dir := t.TempDir()
	runs := map[string]string{}
	for _, name := range []string{"flow", "diffusion", "vae", "gan", "autoregressive", "latent-diffusion", "flow-matching", "rectified-flow", "flow-map", "consistency", "adversarial-diffusion", "vq-prior", "flow-prior"} {
		runs[name] = filepath.Join(pythonRuns, name)
	}
	for name, flags := range map[string]string{
		"coupling": "flow --structure coupling --transform affine --mixing=false",
		"spline":   "flow --hidden 16",
		"noise":    "diffusion --hidden 16 --prediction noise --schedule linear --sampler heun --features 0 --activation gelu",
		"ddpm":     "diffusion --hidden 16 --sampler ddpm --nfe 20",
		"diagonal": "vae --hidden 16 --posterior diagonal --latent 3 --start random --activation tanh",
		"mixed":    "vae --hidden 16 --posterior flow --latent 3",
		"hinge":    "gan --hidden 16 --objective hinge --pack 4",
		"codes":    "vq-prior --hidden 16 --codes 6 --length 3 --prior-steps 30 --prior-layers 2",
		"later":    "flow-prior --hidden 16 --prior later-flow --prior-steps 30 --latent 3 --posterior diagonal",
		"denoised": "flow-prior --hidden 16 --prior later-diffusion --prior-steps 30",
		"control":  "flow-prior --hidden 16 --prior normal",
		"rk4":      "flow-matching --hidden 16 --path trigonometric --features 0 --sampler rk4",
		"kde":      "kde --centres 300",
		"tied":     "autoregressive --hidden 16 --tied --interleaved=false --base 10 --digits 3",
	} {
		runs[name] = filepath.Join(dir, name)
		args := append(strings.Fields("train "+flags), "--data", "moons", "--smoke", "--steps", "30", "--batch", "64", "--train-only", "--out", runs[name])
		if name != "kde" {
			args = append(args, "--warmup", "5")
		}
		mustRun(t, args...)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	x := mat.NewDense(1000, 2, nil)
	for i := range 1000 {
		far := []float64{1, 2, 6, 50}[i%4]
		x.SetRow(i, []float64{far * rng.NormFloat64(), far * rng.NormFloat64()})
	}
	points := filepath.Join(dir, "points.npy")
	if err := datasets.WritePoints(points, x); err != nil {
		t.Fatal(err)
	}
	var names []string
	var cases []pyCase
	for name, run := range runs {
		c := pyCase{Run: run, N: 600, Seed: 3, Samples: filepath.Join(dir, name+".npy"), Points: points, Scores: filepath.Join(dir, name+".logp.npy")}
		sample := []string{"sample", run, "-n", "600", "--seed", "3", "-o", c.Samples}
		score := []string{"score", run, "--points", points, "-o", c.Scores}
		switch name {
		case "diffusion", "latent-diffusion":
			three := 3
			c.Label = &three
			sample = append(sample, "--label", "3")
			if name == "diffusion" {
				score = append(score, "--label", "3")
			}
		case "vae", "diagonal", "mixed", "flow-prior", "later", "control":
			c.Bound = 4
			score = append(score, "--draws", "4")
		}
		c.Values = filepath.Join(dir, name+".values.npy")
		c.Method = writeValues(t, run, x, c.Values)
		mustRun(t, sample...)
		switch name {
		case "gan", "hinge", "latent-diffusion", "flow-map", "consistency", "adversarial-diffusion", "denoised", "noise", "ddpm": // no density, or an ODE that 30 steps of training leave stiff
			c.Scores = ""
		default:
			mustRun(t, score...)
		}
		names, cases = append(names, name), append(cases, c)
	}
	for _, name := range []string{"consistency", "latent-diffusion"} { // with labels and several evaluations of a student
		runs["student-"+name] = filepath.Join(filepath.Dir(pythonRuns), "version2", name)
	}
	for name, flags := range map[string]string{ // of sampling
		"diffusion unipc":    "--sampler unipc --nfe 9",
		"diffusion unipc3":   "--sampler unipc3 --nfe 24",
		"diffusion midpoint": "--sampler dpmsolver2m-midpoint --spacing lu --nfe 12",
		"diffusion 3m":       "--sampler dpmsolver3m --spacing searched --nfe 16",
		"diffusion heun":     "--sampler heun --nfe 9",
		"consistency 4":      "--nfe 4",
		"flow-map 3":         "--nfe 3",

		"student-consistency 3":      "--label 3",
		"student-latent-diffusion 3": "--label 3",
		"flow-matching 12":           "--sampler heun --nfe 12",
	} {
		run, _, _ := strings.Cut(name, " ")
		c := pyCase{Run: runs[run], N: 600, Seed: 3, Samples: filepath.Join(dir, name+".npy"), Options: map[string]any{}}
		words := strings.Fields(flags)
		mustRun(t, append([]string{"sample", c.Run, "-n", "600", "--seed", "3", "-o", c.Samples}, words...)...)
		for i := 0; i < len(words); i += 2 {
			k, err := strconv.Atoi(words[i+1])
			switch {
			case words[i] == "--label":
				c.Label = &k
			case err == nil:
				c.Options[words[i][2:]] = k
			default:
				c.Options[words[i][2:]] = words[i+1]
			}
		}
		names, cases = append(names, name), append(cases, c)
	}
	results := checkPython(t, python, cases)
	for i, r := range results {
		t.Logf("%-16s samples %+v scores %+v values %+v torch %.1e", names[i], r.Sample, r.Scores, r.Values, r.Torch)
		// The digits of an autoregressive sample and the steps of an ODE solver may be decided by rounding, in a few points.
		if r.Sample == nil || r.Sample.P99 > 1e-5 || r.Sample.Median > 1e-6 {
			t.Errorf("%s: samples differ by %+v", names[i], r.Sample)
		}
		ode := slices.Contains([]string{"diffusion", "flow-matching", "rectified-flow", "rk4"}, names[i])
		most := 1e-5
		if names[i] == "flow-prior" {
			most = 1e-4 // 50 standard deviations out genlab rounds a decoder's mean to float32 that is divided by a σ of 0.005
		}
		if s := r.Scores; s != nil && (s.Median > 1e-6 && !ode || s.Median > 1e-5 || !ode && s.Most > most || ode && s.P99 > 1e-2) {
			t.Errorf("%s: log densities differ by %+v", names[i], *s)
		}
		// Far out the angles of Fourier features are large, and so is their rounding.
		if d := r.Values; cases[i].Method != "" && (d == nil || !(d.Most < 1e-4 && d.P99 < 1e-5)) {
			t.Errorf("%s: %s differs by %+v", names[i], cases[i].Method, d)
		}
		if r.Torch > 1e-4 {
			t.Errorf("%s: the torch module differs by %g", names[i], r.Torch)
		}
	}
}

// writeValues writes what a model has at points besides a score: a GAN's critic, or the bound of the codes that an encoder chooses. It returns the name of
// the method of tools/python.
func writeValues(t *testing.T, run string, x *mat.Dense, path string) (method string) {
	t.Helper()
	r, err := models.All.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	var values []float64
	switch m := r.Model.(type) {
	case interface{ Unwrap() *gan.Model }:
		values, _ = m.Unwrap().Critic().At(x)
		method = "critic"
	case interface{ Unwrap() *hybrid.VQModel }:
		values = m.Unwrap().LogBound(x, nil)
		method = "log_bound"
	default:
		return ""
	}
	twice := mat.NewDense(len(values), 2, nil) // a file of points has two columns at least
	twice.SetCol(0, values)
	twice.SetCol(1, values)
	if err := datasets.WritePoints(path, twice); err != nil {
		t.Fatal(err)
	}
	return method
}

// TestPythonErrors: what cannot be opened is named, with the remedy.
func TestPythonErrors(t *testing.T) {
	python := pythonWith(t, "numpy, safetensors")
	newer, damaged := t.TempDir(), t.TempDir()
	for _, dir := range []string{newer, damaged} {
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(pythonRuns, "flow"))); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(newer, "checkpoint.safetensors")
	c, err := checkpoint.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := checkpoint.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), `"version":"2"`, `"version":"9"`, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(damaged, "checkpoint.safetensors")
	if b, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct{ run, call, want string }{
		{t.TempDir(), "", "is not a run folder"},
		{newer, "", "reads versions up to 2: install"},
		{damaged, "", "SHA-256 differs"},
		{filepath.Join(pythonRuns, "masked-diffusion"), ".log_prob('abc')", "use run.log_bound(text)"},
		{filepath.Join(pythonRuns, "masked-diffusion"), ".sample(3, order='best')", "must be random, left-to-right or confident"},
		{filepath.Join(pythonRuns, "masked-diffusion"), ".log_bound('abc', samples=0)", "samples is 0"},
		{filepath.Join(pythonRuns, "masked-diffusion"), ".sample(3, nfe=9)", "must be 1 to 4, the characters of a block"},
		{filepath.Join(pythonRuns, "text"), `.sample(3, prompt="\u00e9")`, "character 1 of the prompt"},
		{filepath.Join(pythonRuns, "video"), "", "run of video, which this package does not read"},
		{filepath.Join(pythonRuns, "flow-map"), ".log_prob([[0, 0]])", "a flow map has no density"},
		{filepath.Join(pythonRuns, "consistency"), ".log_prob([[0, 0]])", "run.model.teacher.log_prob(x)"},
		{filepath.Join(pythonRuns, "diffusion"), ".sample(3, sampler='euler')", "expected one of ddim, heun, ddpm"},
		{filepath.Join(pythonRuns, "flow-matching"), ".sample(3, nfe=7, sampler='rk4')", "use a multiple of 4"},
		{filepath.Join(pythonRuns, "gan"), ".log_prob([[0, 0]])", "a GAN has no density"},
		{filepath.Join(pythonRuns, "vae"), ".log_prob([[0, 0]])", "use run.log_bound"},
		{filepath.Join(pythonRuns, "flow"), ".sample(3, label=99)", "must be a whole number from 0 to 7"},
	} {
		cmd := exec.Command(python, "-c", "import genlab, sys; genlab.load(sys.argv[1])"+e.call, e.run)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+pythonPackage)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), e.want) {
			t.Errorf("%s%s: %v, %s; want %q", e.run, e.call, err, out, e.want)
		}
	}
}

// TestNotebook runs the notebook that a student opens first.
func TestNotebook(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a model")
	}
	python := pythonWith(t, "numpy, safetensors, pandas, matplotlib, nbclient, nbformat, ipykernel")
	folder, err := filepath.Abs(pythonPackage)
	if err != nil {
		t.Fatal(err)
	}
	const run = `import nbclient, nbformat
nbclient.NotebookClient(nbformat.read("first.ipynb", 4), timeout=300).execute()`
	cmd := exec.Command(python, "-c", run)
	cmd.Dir = folder
	program := command(t).Path
	cmd.Env = append(os.Environ(), "GENLAB="+program, "NOTEBOOK_STEPS=100", "PYTHONPATH="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
