package onnx

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/trainer"
	"genlab/nn"
)

const (
	runs = "../../trainer/testdata/runs"
	// more has conditional students, guidance, an adaptive solver and a student in latent space.
	more = "../../trainer/testdata/version2"
)

// TestGraphs runs the graphs in onnxruntime: they pass the checker of onnx, and every output of every graph agrees with genlab to 1e-5. PYTHON
// names a Python with onnx and onnxruntime.
func TestGraphs(t *testing.T) {
	python := os.Getenv("PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import onnx, onnxruntime").Run(); err != nil {
		t.Skipf("%s has no onnx and onnxruntime here (pip install onnx onnxruntime; PYTHON names another): the graphs were not run", python)
	}
	var folders []string
	for _, name := range []string{"flow", "diffusion", "vae", "gan", "autoregressive", "text", "latent-diffusion", "flow-matching", "rectified-flow", "flow-map", "consistency", "adversarial-diffusion"} {
		folders = append(folders, filepath.Join(runs, name), filepath.Join(more, name))
	}
	folders = append(folders, trained(t)...)
	dir := t.TempDir()
	var all []call
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder)) + "." + filepath.Base(folder)
		run, err := models.All.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		graphs, err := Graphs(run)
		if err != nil {
			t.Fatal(err)
		}
		wanted := calls(t, run)
		for _, g := range graphs {
			path := filepath.Join(dir, name+"."+g.Name+".onnx")
			if err := os.WriteFile(path, g.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			if len(wanted[g.Name]) == 0 {
				t.Errorf("%s: the graph %s is not compared with genlab", name, g.Name)
			}
			for _, c := range wanted[g.Name] {
				c.Graph = path
				all = append(all, c)
			}
			delete(wanted, g.Name)
		}
		if len(wanted) > 0 {
			t.Errorf("%s lacks graphs: %v", name, wanted)
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/run.py")
	cmd.Stdin = strings.NewReader(string(b))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", out)
}

// trained trains runs with settings that the saved runs do not have, for some steps.
func trained(t *testing.T) (folders []string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "trained")
	train := func(name string, job registry.Job) {
		task, err := job.Task()
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(root, name)
		run, err := trainer.Begin(folder, job, task, trainer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range run.Steps(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := run.Close(); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, folder)
	}
	f := models.Flow.TypedJob("moons", true)
	c := f.Config()
	c.Steps, c.Structure, c.Transform, c.Hidden, c.Mixing = 20, "coupling", "affine", 16, false
	train("coupling", f)
	d := models.Diffusion.TypedJob("moons", true)
	e := d.Config()
	e.Steps, e.Prediction, e.Schedule, e.Features, e.Activation, e.Hidden, e.Sampler = 300, "noise", "linear", 0, nn.GELU, 16, "heun"
	train("noise", d)
	d = models.Diffusion.TypedJob("moons", true)
	e = d.Config()
	e.Steps, e.Prediction, e.Hidden, e.Sampler, e.NFE = 300, "data", 16, "unipc3", 12
	train("data", d)
	v := models.VAE.TypedJob("moons", true)
	vc := v.Config()
	vc.Steps, vc.Posterior, vc.Latent, vc.Start, vc.Hidden, vc.Activation = 20, "diagonal", 3, "random", 16, nn.Tanh
	train("diagonal", v)
	v = models.VAE.TypedJob("moons", true)
	vc = v.Config()
	vc.Steps, vc.Posterior, vc.Latent, vc.Hidden = 20, "flow", 3, 16
	train("flow-posterior", v)
	a := models.Autoregressive.TypedJob("moons", true)
	ac := a.Config()
	ac.Steps, ac.Tied, ac.Interleaved, ac.Base, ac.Digits, ac.Hidden = 20, true, false, 10, 3, 16
	train("tied", a)
	g := models.GAN.TypedJob("moons", true)
	gc := g.Config()
	gc.Steps, gc.Objective, gc.Pack, gc.Hidden = 20, "hinge", 4, 16
	train("hinge", g)
	return folders
}

// TestUnsupported: a model without graphs is named, with the remedy.
func TestUnsupported(t *testing.T) {
	run, err := models.All.Open(filepath.Join(runs, "flow-prior"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Graphs(run); err == nil || !strings.Contains(err.Error(), "flow-prior") || !strings.Contains(err.Error(), "genlab sample") {
		t.Errorf("got %v", err)
	}
}

// TestInverted: the inverse of a linear layer's matrix.
func TestInverted(t *testing.T) {
	a := []float64{1, 2, 0, 3, 1, 4, 0, 5, 2}
	var product mat.Dense
	product.Mul(mat.NewDense(3, 3, a), mat.NewDense(3, 3, inverted(append([]float64{}, a...), 3)))
	for i := range 3 {
		product.Set(i, i, product.At(i, i)-1)
	}
	if worst := mat.Norm(&product, math.Inf(1)); worst > 1e-12 {
		t.Errorf("off by %v", worst)
	}
}
