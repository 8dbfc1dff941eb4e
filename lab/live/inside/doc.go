// Package inside computes views into a model for a page: how a flow bends the plane, the posteriors of a VAE, what a GAN's
// critic sees, the digits that an autoregressive model chooses, the reverse process of a diffusion model, densities.
//
//	s := inside.Subject{Name: "gan", Model: m, Task: task, Data: ds, Box: box, Seed: 1}
//	answer, err := s.Look(inside.Request{View: "critic", Size: 64})
//
// The answers are those of PROTOCOL.md in the folder above. All randomness is of the seeds, so that a view of the same
// model is the same.
//
// Not guaranteed: an answer for a model that has not learned anything; see [Subject.Look].
package inside
