package onnx

import (
	"fmt"
	"strconv"
	"strings"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/flow"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/vae"
)

// Graph is a graph of a model.
type Graph struct {
	Name            string // network, sample, log_prob, ...
	Inputs, Outputs []Value
	Nodes           int

	bytes []byte
}

// Bytes returns the content of an .onnx file.
func (g Graph) Bytes() []byte { return g.bytes }

// String returns the inputs and outputs of the graph: x[n,2] -> log_prob[n].
func (g Graph) String() string {
	list := func(values []Value) string {
		var all []string
		for _, v := range values {
			shape := strings.ReplaceAll(fmt.Sprint(v.Shape), " ", ",")
			all = append(all, fmt.Sprintf("%s %s%s", v.Name, map[int]string{Float32: "float32", Float64: "float64", Int64: "int64"}[v.Type], shape))
		}
		return strings.Join(all, ", ")
	}
	return list(g.Inputs) + " -> " + list(g.Outputs)
}

// Graphs returns the graphs of a run. It fails with a usage error for a model without them, or with a part that has none.
func Graphs(run *registry.Run) (list []Graph, err error) {
	c, err := registry.ReadCheckpoint(run.Job, run.Dir)
	if err != nil {
		return nil, err
	}
	graphs, err := build(run, c.Tensors)
	if err != nil {
		return nil, usage.Errorf("%s cannot be exported to onnx: %w", run.Dir.Path(""), err)
	}
	for _, g := range graphs {
		list = append(list, Graph{g.name, g.inputs, g.outputs, len(g.nodes), g.model(run)})
	}
	return list, nil
}

func build(run *registry.Run, saved tensors) ([]*graph, error) {
	if m, ok := of[*flow.Model](run); ok {
		return flowGraphs(m.Config(), saved)
	}
	if m, ok := of[*diffusion.Model](run); ok {
		return diffusionGraphs(m, saved)
	}
	if m, ok := of[*vae.Model](run); ok {
		return vaeGraphs(m.Config(), saved)
	}
	if m, ok := of[*gan.Model](run); ok {
		return ganGraphs(m.Config(), saved)
	}
	if m, ok := of[*autoregressive.Points](run); ok {
		return pointsGraphs(m, saved), nil
	}
	if m, ok := of[*autoregressive.Text](run); ok {
		return []*graph{newTransformer(m.Config(), saved, true).network()}, nil
	}
	if m, ok := of[*hybrid.LatentDiffusionModel](run); ok {
		return latentGraphs(m, saved)
	}
	if m, ok := of[*hybrid.ConsistencyModel](run); ok {
		return consistencyGraphs(m, saved)
	}
	if m, ok := of[*matching.Model](run); ok {
		return matchingGraphs(m, saved)
	}
	if m, ok := of[*hybrid.RectifiedModel](run); ok {
		round := checkpoint.Out("flow", saved)
		if k := len(m.Rounds) - 1; k > 0 {
			round = checkpoint.Out(fmt.Sprintf("round%d", k), saved)
		}
		return matchingGraphs(m.Model, round)
	}
	if m, ok := of[*matching.FlowMap](run); ok {
		return flowMapGraphs(m, saved)
	}
	return nil, fmt.Errorf("%s has no ONNX graphs; the models that have are autoregressive, vae, gan, diffusion, flow, flow-matching, rectified-flow, flow-map, consistency, adversarial-diffusion and latent-diffusion. Sample it with genlab sample", run.Name())
}

// of returns the run's model of the library, if it is a T.
func of[T any](run *registry.Run) (m T, ok bool) {
	w, ok := run.Model.(interface{ Unwrap() T })
	if ok {
		m = w.Unwrap()
	}
	return m, ok
}

// model returns the ModelProto of a graph, with the run in its metadata.
func (g *graph) model(run *registry.Run) []byte {
	b := appendInt(nil, modelIR, irVersion)
	b = appendText(b, modelProducer, "genlab")
	b = appendText(b, modelDoc, g.doc)
	b = appendBytes(b, modelGraph, g.marshal())
	b = appendBytes(b, modelOpset, appendInt(appendText(nil, opsetDomain, ""), opsetVersion, opset))
	for _, p := range [][2]string{{"model", run.Name()}, {"data", run.Job.Data()}, {"step", strconv.Itoa(run.Step)}} {
		b = appendBytes(b, modelMetadata, appendText(appendText(nil, propertyKey, p[0]), propertyValue, p[1]))
	}
	return b
}
