package onnx

import (
	"fmt"

	"genlab/checkpoint"
	"genlab/hybrid"
)

// newStudent returns the denoiser of a consistency model's student; before the student's stage it is the teacher.
func newStudent(m *hybrid.ConsistencyModel, saved tensors) (*denoiser, error) {
	of := checkpoint.Out("student", checkpoint.Out("game", saved)) // fine-tuned against a critic
	for _, stage := range []string{"student", "teacher"} {
		if len(of) == 0 {
			of = checkpoint.Out(stage, saved)
		}
	}
	n, err := newDenoiser(m.Student, of)
	if err == nil {
		n.cfg.Guidance = 1 // that of the teacher is distilled
	}
	return n, err
}

func consistencyGraphs(m *hybrid.ConsistencyModel, saved tensors) ([]*graph, error) {
	n, err := newStudent(m, saved)
	if err != nil {
		return nil, err
	}
	process := m.Sampling(m.Config().Evaluations)
	g := newGraph("sample", fmt.Sprintf("Samples by %v.", process))
	z, err := n.sampled(g, process)
	if err != nil {
		return nil, err
	}
	g.output(g.toData(process.Scale.Shift, process.Scale.Scale, z), "x", Float64, "samples in the data's coordinates", "n", n.d)
	return []*graph{n.network(), g}, nil
}
