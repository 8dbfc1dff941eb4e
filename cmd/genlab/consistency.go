package main

import (
	"fmt"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/metrics"
	"genlab/train"
)

var consistencyFamily = family[hybrid.ConsistencyConfig]{
	name:     "consistency",
	defaults: hybrid.DefaultConsistency,
	smoke: func(c *hybrid.ConsistencyConfig) {
		diffusionFamily.smoke(&c.Teacher)
		c.StudentSteps, c.TeacherNFE = 200, 9
	},
	loop: func(c hybrid.ConsistencyConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Teacher.Batch}
	},
	beginOn: func(c hybrid.ConsistencyConfig, m material, seed uint64) (trainee, error) {
		p := m.(plane)
		scale, err := p.scale(seed)
		if err != nil {
			return nil, err
		}
		return hybrid.NewConsistency(c, scale, p.classes(), train.NewStream(seed, "init").Rand)
	},
	conditional: func(c hybrid.ConsistencyConfig) bool { return c.Teacher.Conditional },
	resume: func(c hybrid.ConsistencyConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeConsistency(c, saved, steps)
	},
	load: func(c hybrid.ConsistencyConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadConsistency(c, saved)
	},
	sampling: consistencySampling,
	remarks:  studentAndTeacher,
	pictures: consistencyPictures,
}

// consistencySampling is the student's sampling in another number of evaluations.
func consistencySampling(m sampled, c hybrid.ConsistencyConfig, f samplingFlags) (genlab.Sampler, int, error) {
	n, label := c.Evaluations, f.labelContext()
	if f.NFE != nil {
		n, f.NFE = *f.NFE, nil
	}
	if f.label = nil; f != (samplingFlags{}) {
		return nil, 0, usagef("a student has one way to sample: --nfe is its number of evaluations; --sampler, --eta, --spacing and --guidance belong to diffusion runs")
	}
	if n < 1 || n > 1000 {
		return nil, 0, usagef("--nfe is %d, but must be 1 to 1000", n)
	}
	q := m.(*hybrid.ConsistencyModel)
	if label != nil {
		return q.Given(label, n), n, nil
	}
	return q.Sampling(n), n, nil
}

// studentEvaluations are those that student and teacher are compared at.
var studentEvaluations = []int{1, 2, 4, 8}

// few is a student, or its teacher by the deterministic DDIM, in a number of evaluations.
func few(m *hybrid.ConsistencyModel, who string, evaluations int) diffusion.Sampling {
	if who == "student" {
		return m.Sampling(evaluations)
	}
	c := m.Teacher.Config()
	c.Sampler, c.Spacing, c.NFE, c.Eta = "ddim", diffusion.Karras, evaluations, 0
	return m.Teacher.SamplingWith(c)
}

// studentAndTeacher are the rows of both at equal evaluations, and of the teacher at its own.
func studentAndTeacher(s sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	const n = 5000
	m, plane := s.(*hybrid.ConsistencyModel), ds.Plane()
	truth := train.NewStream(seed, "students' truth").Rand
	a, b := ds.Project(ds.Law.Sample(n, truth)), ds.Project(ds.Law.Sample(n, truth))
	described := metrics.Described{Modes: plane.Modes, Weights: plane.ModeWeights(), Ceiling: plane.HighQuality}
	var rows []likelihood
	add := func(name string, q genlab.Sampler) {
		x := ds.Project(q.Sample(n, train.NewStream(seed, "students").Rand))
		for _, row := range metrics.Fidelity(x, a, b, described) {
			rows = append(rows, likelihood{name + "_" + row.Name, figure{number(row.Value), number(row.SE), number(row.Oracle), row.N, "", row.Better}})
		}
	}
	for _, who := range []string{"student", "teacher"} {
		for _, k := range studentEvaluations {
			add(fmt.Sprintf("%s_%d", who, k), few(m, who, k))
		}
	}
	full := m.Teacher.Sampling()
	add("teacher_full", full)
	return rows, fmt.Sprintf("genlab eval has student and teacher (ddim) at 1, 2, 4 and 8 evaluations; teacher_full is %v.", full)
}

// consistencyPictures are the student's samples in few evaluations above the teacher's in as many.
func consistencyPictures(s sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	m := s.(*hybrid.ConsistencyModel)
	var panels []plot.Panel
	for _, who := range []string{"student", "teacher"} {
		for _, k := range []int{1, 4} {
			colour, title := plot.ModelColour("hybrid"), fmt.Sprintf("%s, %d evaluations", who, k)
			if who == "teacher" {
				colour = plot.ModelColour("diffusion")
			}
			if k == 1 {
				title = who + ", 1 evaluation"
			}
			x := few(m, who, k).Sample(shownSamples, train.NewStream(seed, "students").Rand)
			panels = append(panels, plot.Panel{Title: title, Truth: ds.Density, Points: x, Colour: colour})
		}
	}
	png, err := plot.Compare("few evaluations on "+ds.Name, boxOf(ds), panels...)
	return []picture{{"evaluations.png", png}}, err
}
