package onnx

import (
	"fmt"

	"genlab/flow"
	"genlab/vae"
)

// posterior is q(z|x) of some points: the parts that the encoder returns, in float64.
type posterior struct {
	model          vaeModel
	mean, diagonal value // of z, or of the shift and the scale of a flow
	below          value // the entries of L below its diagonal, row by row; "" for none
	features       value // those that a flow is conditioned on; "" without
}

// encode returns q(z|x) for points in the data's coordinates.
func (m vaeModel) encode(g *graph, x value) posterior {
	k := m.cfg.Latent
	mean, rest := m.network(g, "encoder", g.cast(g.fromData(m.scale.Shift, m.scale.Scale, x), Float32), k)
	mean, rest = g.cast(mean, Float64), g.cast(rest, Float64)
	p := posterior{model: m, mean: mean, diagonal: g.sum(g.f64(vae.Constants()["min_scale"]), g.softplus64(g.cols(rest, 0, k)))}
	switch {
	case m.cfg.Posterior == vae.Flow:
		p.features = g.cols(rest, k, k+int(vae.Constants()["posterior_features"]))
	case m.cfg.Posterior == vae.Full && k > 1:
		p.below = g.cols(rest, k, k+k*(k-1)/2)
	}
	return p
}

// encoder is the graph of q(z|x): of its parameters, or of samples where they do not determine it.
func (m vaeModel) encoder() *graph {
	k := m.cfg.Latent
	if m.cfg.Posterior == vae.Flow {
		g := newGraph("encoder", "Samples of q(z|x), a flow, and their log densities.")
		x := g.input("x", Float64, "points in the data's coordinates", "n", m.dim())
		noise := g.input("noise", Float64, "standard normal numbers: samples of z for each point", "n", "samples", k)
		z, logq := m.encode(g, x).sample(g, noise)
		g.output(z, "z", Float64, "samples of z", "n", "samples", k)
		g.output(g.last(logq), "log_q", Float64, "log q(z|x)", "n", "samples")
		return g
	}
	g := newGraph("encoder", "The parameters of q(z|x) = N(mean, L L^T), L lower triangular.")
	p := m.encode(g, g.input("x", Float64, "points in the data's coordinates", "n", m.dim()))
	g.output(p.mean, "mean", Float64, "the mean of z", "n", k)
	g.output(p.diagonal, "diagonal", Float64, "the diagonal of L", "n", k)
	if p.below != "" {
		g.output(p.below, "below", Float64, "the entries of L below its diagonal, row by row", "n", k*(k-1)/2)
	}
	return g
}

// sample returns samples of z and log q(z|x) for noise, all with the axes (points, samples, coordinates), of log q only one.
func (p posterior) sample(g *graph, noise value) (z, logq value) {
	k := p.model.cfg.Latent
	middle := func(v value) value { return g.op("Unsqueeze", v, g.ints(1)) }
	column := func(v value, j int) value { return g.op("Slice", v, g.ints(j), g.ints(j+1), g.ints(-1)) }
	logq = g.sub(g.logNormal(noise, k), middle(g.rowSum(g.op("Log", p.diagonal))))
	var added []value // to mean + diagonal * noise, for each coordinate
	switch {
	case p.features != "":
		mapped, logSlope := p.flow(g, noise)
		noise, logq = mapped, g.sub(logq, logSlope)
	case p.below != "":
		added = append(added, g.mul(g.f64(0), column(noise, 0)))
		at := 0
		for i := 1; i < k; i++ {
			var terms []value
			for j := range i {
				terms = append(terms, g.mul(column(middle(p.below), at), column(noise, j)))
				at++
			}
			added = append(added, g.sum(terms...))
		}
	}
	z = g.sum(middle(p.mean), g.mul(middle(p.diagonal), noise))
	if added != nil {
		z = g.sum(z, g.concat(-1, added...))
	}
	return z, logq
}

// flow maps noise by the splines of the coordinates, each conditioned on the features and on those before it: the images with their shifts, and
// the sum of the log slopes, both with the axes of the noise.
func (p posterior) flow(g *graph, noise value) (mapped, logSlope value) {
	c, k := vae.Constants(), p.model.cfg.Latent
	spline := &flowModel{
		cfg: flow.Config{Bins: int(c["posterior_bins"]), Bound: c["posterior_bound"]},
		k:   map[string]float64{"min_width": c["posterior_min_share"], "min_height": c["posterior_min_share"], "min_slope": c["posterior_min_slope"]},
	}
	features := int(c["posterior_features"])
	each := g.sum(g.op("Unsqueeze", p.features, g.ints(1)), g.mul(g.f64(0), g.op("Slice", noise, g.ints(0), g.ints(1), g.ints(-1))))
	in := g.cast(g.op("Reshape", each, g.ints(-1, features)), Float32)
	flat := g.op("Reshape", noise, g.ints(-1, k))
	var columns []value
	for i := range k {
		theta := g.cast(p.model.ema.mlp(fmt.Sprintf("posterior%d", i+1), p.model.cfg.Activation).apply(g, in), Float64)
		v, slope := spline.spline(g, g.cols(theta, 1, 3*spline.cfg.Bins), g.cols(flat, i, i+1), false)
		columns, in = append(columns, g.sum(v, g.cols(theta, 0, 1))), g.concat(1, in, g.cast(v, Float32))
		if logSlope == "" {
			logSlope = slope
		} else {
			logSlope = g.sum(logSlope, slope)
		}
	}
	axes := g.op("Slice", g.op("Shape", noise), g.ints(0), g.ints(2))
	shaped := func(v value, columns int) value { return g.op("Reshape", v, g.concat(0, axes, g.ints(columns))) }
	return shaped(g.concat(1, columns...), k), shaped(logSlope, 1)
}
