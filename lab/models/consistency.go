package models

import (
	"fmt"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Consistency is the diffusion model distilled into a consistency model.
var Consistency = registry.Spec[hybrid.ConsistencyConfig]{
	Info: registry.Info{
		Name: "consistency", Summary: "Diffusion model distilled into a consistency model; one or a few evaluations.",
		Role: registry.Hybrid, Likelihood: "none", Colour: plot.SkyBlue, Marker: plot.Ring,
		Constants: hybrid.ConsistencyConstants(),
	},
	Defaults: hybrid.DefaultConsistency,
	Tiny: func(c *hybrid.ConsistencyConfig) {
		Diffusion.Tiny(&c.Teacher)
		c.StudentSteps, c.TeacherNFE = 200, 9
	},
	Loop: func(c hybrid.ConsistencyConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Teacher.Batch}
	},
	Task: func(c hybrid.ConsistencyConfig, data string) (registry.Task, error) {
		return points("consistency", data, c.Teacher.Conditional, 0)
	},
	New:    onPoints(conditional(hybrid.NewConsistency, identity)),
	Resume: resume(hybrid.ResumeConsistency),
	Load: func(c hybrid.ConsistencyConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadConsistency(c, saved)
		return consistencyRun{m}, err
	},
}

// AdversarialDiffusion is a consistency model fine-tuned against a critic.
var AdversarialDiffusion = registry.Spec[hybrid.AdversarialConfig]{
	Info: registry.Info{
		Name: "adversarial-diffusion", Summary: "Consistency model fine-tuned against a critic of its samples.",
		Role: registry.Hybrid, Likelihood: "none", Colour: plot.Purple, Marker: plot.HollowDiamond,
		Constants: hybrid.ConsistencyConstants(),
	},
	Defaults: hybrid.DefaultAdversarial,
	Tiny: func(c *hybrid.AdversarialConfig) {
		Consistency.Tiny(&c.Consistency)
		c.AdversarialSteps, c.CriticHidden, c.CriticLayers = 200, 32, 2
	},
	Loop: func(c hybrid.AdversarialConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Consistency.Teacher.Batch}
	},
	Task: func(_ hybrid.AdversarialConfig, data string) (registry.Task, error) {
		return points("adversarial-diffusion", data, false, 0)
	},
	New:    onPoints(unconditional(hybrid.NewAdversarial, identity)),
	Resume: resume(hybrid.ResumeAdversarial),
	Load: func(c hybrid.AdversarialConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadAdversarial(c, saved)
		return consistencyRun{m}, err
	},
}

// consistencyRun is a trained consistency model, the student, with its teacher.
type consistencyRun struct{ *hybrid.ConsistencyModel }

// Unwrap returns the model of the library.
func (r consistencyRun) Unwrap() *hybrid.ConsistencyModel { return r.ConsistencyModel }

// With samples in some number of evaluations, all points or those of a label.
func (r consistencyRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a consistency model has one sampler, whose number of evaluations is --nfe", "--nfe", "--label", "--precision"); err != nil {
		return nil, 0, err
	}
	p, err := o.Products()
	if err != nil {
		return nil, 0, err
	}
	r.ConsistencyModel = r.WithPrecision(p)
	n := r.Config().Evaluations
	if o.NFE != nil {
		n = *o.NFE
	}
	if most := r.Config().Most(); n > 1 && most == 1 {
		return nil, 0, usage.Errorf("--nfe is %d, but this student was trained for one evaluation only, with restarts 0: use --nfe 1, or train with --restarts 2", n)
	} else if n < 1 || n > most {
		return nil, 0, usage.Errorf("--nfe is %d, but must be 1 to %d", n, most)
	}
	if o.Class != nil {
		return r.Given(o.Context(), n), n, nil
	}
	return r.Sampling(n), n, nil
}

// studentEvaluations lists the numbers of evaluations at which student and teacher are compared.
var studentEvaluations = []int{1, 2, 4, 8}

// few returns the sampler of the student, or of its teacher by deterministic DDIM, with a number of evaluations.
func few(m *hybrid.ConsistencyModel, who string, evaluations int) diffusion.Sampling {
	if who == "student" {
		return m.Sampling(evaluations)
	}
	c := m.Teacher.Config()
	c.Sampler, c.Spacing, c.NFE, c.Eta = "ddim", diffusion.Karras, evaluations, 0
	return m.Teacher.SamplingWith(c)
}

// Report implements [registry.Reporter]: student and teacher at equal numbers of evaluations, and the teacher at its
// own.
func (r consistencyRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	const n = 5000
	m := r.ConsistencyModel
	truth := train.NewStream(seed, "students' truth").Rand
	parts := ds.Disjoint(truth, n, n)
	a, b := ds.Project(parts[0]), ds.Project(parts[1])
	if rows, _ := b.Dims(); rows < 2 {
		return nil, ""
	}
	var rows []metrics.Row
	add := func(name string, q genlab.Sampler) {
		x := ds.Project(q.Sample(n, train.NewStream(seed, "students").Rand))
		for _, row := range metrics.Fidelity(x, a, b, registry.Described(ds)) {
			row.Name, row.Kind = name+"_"+row.Name, ""
			rows = append(rows, row)
		}
	}
	for _, who := range []string{"student", "teacher"} {
		for _, k := range studentEvaluations {
			if k > m.Config().Most() {
				continue
			}
			add(fmt.Sprintf("%s_%d", who, k), few(m, who, k))
		}
	}
	evaluations := "1, 2, 4 and 8 evaluations"
	if m.Config().Most() == 1 {
		evaluations = "1 evaluation"
	}
	full := m.Teacher.Sampling()
	add("teacher_full", full)
	return rows, fmt.Sprintf("genlab eval has student and teacher (DDIM) at %s; teacher_full is %v.", evaluations, full)
}

// Pictures draws the student's samples above the teacher's with as many evaluations.
func (r consistencyRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	m := r.ConsistencyModel
	var panels []plot.Panel
	for _, who := range []string{"student", "teacher"} {
		for _, k := range []int{1, 4} {
			if who == "student" && k > m.Config().Most() {
				continue
			}
			colour, title := plot.SkyBlue, fmt.Sprintf("%s, %d evaluations", who, k)
			if who == "teacher" {
				colour = plot.Blue
			}
			if k == 1 {
				title = who + ", 1 evaluation"
			}
			x := few(m, who, k).Sample(registry.PlottedSamples, train.NewStream(seed, "students").Rand)
			panels = append(panels, plot.Panel{Title: title, Truth: ds.Density, Points: x, Colour: colour})
		}
	}
	png, err := plot.Compare("Samples by network evaluations: "+ds.Name, registry.Box(ds), panels...)
	return []registry.Picture{{Name: "evaluations.png", Data: png}}, err
}
