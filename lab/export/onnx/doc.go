// Package onnx writes trained models as ONNX graphs [onnx2019], which run without genlab: in onnxruntime, in a web page, on a
// phone.
//
//	graphs, err := onnx.Graphs(run)
//	for _, g := range graphs {
//		err = os.WriteFile(g.Name+".onnx", g.Bytes(), 0o666)
//	}
//
// The graphs of a model are its networks, its sampler where that is one graph, and its log density:
//
//	flow              network, sample, log_prob
//	diffusion         network, sample, log_prob (2-D; the probability flow with its adaptive steps, in one Loop)
//	vae               encoder (of a flow, samples of q(z|x) and their log densities), decoder, sample, log_bound
//	gan               critic, sample
//	autoregressive    network, and for points sample, log_prob
//	latent-diffusion  network, decoder, sample
//	flow-matching     network, sample, log_prob (2-D); rectified-flow has the same, of its last round
//	flow-map          network, sample
//	consistency       network, sample, of the student; adversarial-diffusion has the same
//
// Randomness is an input: a graph has no random node, so that two sessions never share a stream and a sample can be
// repeated. Models with labels take them as an input, one whole number for each row, -1 for none in a diffusion model.
// Coordinates and noise are float64 and networks float32, as in genlab; the inputs and outputs of a network alone are
// float32.
//
// Weights keep the names of the checkpoint, from whose tensors the graphs are built by the formulas of docs/checkpoint.md. The
// steps of a diffusion sampler are those of the sampler itself, which is run once on symbols instead of points (see
// trace), so that every sampler that is linear in its points and its denoiser's outputs can be exported.
//
// # What is not guaranteed
//
// Graphs are of opset 17 and IR version 8, those of ONNX 1.12 of June 2022. The oldest onnxruntime in which they were run is 1.15.1 of June
// 2023; docs/command.md has the others. Some runtimes, such as the WebGPU backend, have no float64; the CPU and WebAssembly ones do.
//
// Results agree with genlab's to rounding, about 1e-6. Where an integration chooses its step size by an error that is at its
// tolerance, or a digit is chosen by a random number at the edge between two, rounding can decide otherwise.
package onnx
