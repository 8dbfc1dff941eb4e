package compare

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/models"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
)

// faulty is a planted model.
type faulty struct {
	sample func(n int, rng *rand.Rand) *mat.Dense
	logp   func(x mat.Matrix) []float64
}

func (f faulty) Sample(n int, rng *rand.Rand) *mat.Dense { return f.sample(n, rng) }
func (f faulty) LogProb(x mat.Matrix) []float64          { return f.logp(x) }

// measureModel measures a model as a comparison does, and returns its row.
func measureModel(t *testing.T, data string, model genlab.Sampler) (Row, *Result) {
	t.Helper()
	k := &Comparison{models: models.All, plan: Plan{Data: []string{data}, Models: []string{"flow"}, Seeds: 1, Samples: 2000, Points: 2000}}
	if err := k.loadData(); err != nil {
		t.Fatal(err)
	}
	ds := k.sets[0]
	root, err := rundir.Create(t.TempDir()+"/compare", false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	k.root = root
	r := &trial{model: "flow", data: ds.Name, set: ds, seed: 1, dir: "flow", config: []byte("model: flow\n")}
	d, err := r.openFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r.result = Run{Model: r.model, Data: r.data, Seed: 1}
	if err := k.metrics(r, &fittedModel{density: model, sampler: model, stream: "sample"}, newGroundTruth(ds, 1, k.plan), d); err != nil {
		t.Fatal(err)
	}
	k.trials = []*trial{r}
	res := k.result()
	return res.Rows[0], res
}

// TestPlantedFaults: a model that drops two modes and a density without its Jacobian are seen in
// the table, and the truth itself raises no alarm.
func TestPlantedFaults(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	right := faulty{ds.Sampler.Sample, ds.Density.LogProb}
	row, _ := measureModel(t, "8gaussians", right)
	if f := row.Metrics; float64(f["modes"].Mean) != 8 || f["kl"].Warning != "" || float64(f["mode_tv"].Mean) > 0.06 {
		t.Errorf("the truth itself: %v", f)
	}

	drops := right
	drops.sample = func(n int, rng *rand.Rand) *mat.Dense {
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			for {
				x.SetRow(i, ds.Sampler.Sample(1, rng).RawRowView(0))
				if mode, _ := ds.Modes.Nearest(x.At(i, 0), x.At(i, 1)); mode > 1 {
					break
				}
			}
		}
		return x
	}
	row, res := measureModel(t, "8gaussians", drops)
	if f := row.Metrics; float64(f["modes"].Mean) != 6 || float64(f["mode_tv"].Mean) < 0.2 || float64(f["recall"].Mean) > 0.85 || f["energy_distance"].Mean < 0.02 {
		t.Errorf("two modes dropped: %v", f)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "6 of 8") {
		t.Errorf("the table does not say so: %s", md)
	}

	wrong := right // standardised by a scale of 3, its Jacobian forgotten
	wrong.logp = func(x mat.Matrix) []float64 {
		logp := ds.Density.LogProb(x)
		for i := range logp {
			logp[i] += 2 * math.Log(3)
		}
		return logp
	}
	row, res = measureModel(t, "8gaussians", wrong)
	if f := row.Metrics["kl"]; !(math.Abs(float64(f.Mean)+2*math.Log(3)) <= 1e-9) || f.Warning == "" {
		t.Errorf("without its Jacobian: %v", f)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "! flow, KL(p‖q): KL below 0") {
		t.Errorf("the table does not say so: %s", md)
	}
	for _, c := range res.Claims {
		if strings.HasPrefix(c.Theory, "No model density beats") && c.Verdict != NotSupported {
			t.Errorf("%q is %s", c.Theory, c.Verdict)
		}
	}
}

// TestAnUntrainedGANIsSeen: one step, and the table shows that nothing was learned.
func TestAnUntrainedGANIsSeen(t *testing.T) {
	job := models.GAN.TypedJob("8gaussians", true)
	job.Config().Steps = 1
	task, err := job.Task()
	if err != nil {
		t.Fatal(err)
	}
	run, err := trainer.Begin(t.TempDir()+"/gan", job, task, trainer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	for _, err := range run.Steps(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := run.Model()
	if err != nil {
		t.Fatal(err)
	}
	row, _ := measureModel(t, "8gaussians", m)
	if f := row.Metrics; f["high_quality"].Mean > 0.5 || float64(f["modes"].Mean) > 6 && f["mode_tv"].Mean < 0.5 || f["energy_distance"].Mean < 0.02 {
		t.Errorf("a GAN of one step: %v", f)
	}
	if _, ok := row.Metrics["nll"]; ok || row.Kind != None {
		t.Error("a GAN has a likelihood")
	}
}

// TestSeenOnThePlane: points of 64 coordinates are judged by where they lie on the plane, by their
// own density and by their distance from the plane, which the others cannot see.
func TestSeenOnThePlane(t *testing.T) {
	const data = "lift64:8gaussians"
	ds, err := datasets.ByName(data)
	if err != nil {
		t.Fatal(err)
	}
	right := faulty{ds.Sampler.Sample, ds.Density.LogProb}
	row, res := measureModel(t, data, right)
	f := row.Metrics
	if float64(f["modes"].Mean) != 8 || f["kl"].Mean != 0 || !(math.Abs(float64(f["energy_distance"].Mean)) <= 0.01) {
		t.Errorf("the truth itself: %v", f)
	}
	// A normal in 62 dimensions has the length sqrt(62 - 1/2) on average, to 1e-3.
	if off := float64(f["off_manifold"].Mean); !(math.Abs(off-datasets.LiftSigma*math.Sqrt(61.5)) <= 0.005) {
		t.Errorf("the truth is %v off the plane", off)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "64 coordinates") || !strings.Contains(md, "8 modes") {
		t.Errorf("the table does not say so: %s", md)
	}

	lost := right // on the plane it is right, and everywhere else twice as far away
	lift := ds.View.(*datasets.Lift)
	lost.sample = func(n int, rng *rand.Rand) *mat.Dense {
		x := ds.Sampler.Sample(n, rng)
		var on mat.Dense
		on.Mul(lift.Project(x), lift.A.T())
		x.Scale(2, x)
		x.Sub(x, &on)
		return x
	}
	row, _ = measureModel(t, data, lost)
	if g := row.Metrics; g["energy_distance"] != f["energy_distance"] && !(math.Abs(float64(g["energy_distance"].Mean-f["energy_distance"].Mean)) <= 1e-9) {
		t.Errorf("what is seen is the same, and its energy distance is %v, was %v", g["energy_distance"], f["energy_distance"])
	} else if ratio := g["off_manifold"].Mean / f["off_manifold"].Mean; !(math.Abs(float64(ratio)-2) <= 1e-9) {
		t.Errorf("twice as far from the plane is %v as far", ratio)
	}
}
