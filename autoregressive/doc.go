// Package autoregressive models a sequence of symbols by the distribution of each given those
// before it,
//
//	p(x₁ … xₙ) = ∏ᵢ p(xᵢ | x₁ … xᵢ₋₁),
//
// with one causal transformer [vaswani2017] [radford2019] for all the factors: token and
// position embeddings, blocks x += attention(norm x), x += mlp(norm x) with GELU [hendrycks2016],
// a last norm and a linear layer. It is trained by maximum likelihood with AdamW, under a
// learning rate that warms up and falls along a cosine; the defaults for text are those of
// [karpathy2022] for characters on a CPU.
//
// A sequence is a text, or a point of the plane that is written in digits:
//
//   - [Text] is a distribution over texts of any length. The probability of a text is exact,
//     Σ log p(character | those before), also where it has characters that the model has never
//     seen, which share one class. A prefix beyond the context is seen through a window that
//     moves by half a context at a time, so this is still one distribution, whose factors
//     LogProb evaluates and Continue draws from.
//   - [Points] writes each coordinate as its place in a box, in digits of a base, and the point as
//     the sequence of both. The same factors give each cell of a fine grid its probability, and
//     that over the cell's area is a density: exact, normalised, and zero outside the box. The
//     idea of pixels and samples as symbols is [oord2016]'s.
//
// Drawing costs one pass of the network a symbol. A [Cache] keeps the keys and values of the
// symbols so far, so that the pass is over one row.
//
// # What is not guaranteed
//
// The density of Points is even within a cell. Against a smooth truth that costs about bin²/(24 σ²)
// nats an axis, and against an edge inside a cell more; Points.Price measures it. A point of the
// data outside the box has density zero, and so makes a KL infinite; in training it counts as in
// the nearest cell.
//
// The cache and the whole sequence give the same logits to rounding, 1e-5, not bit for bit: the
// products run over other shapes. Bits differ between CPU levels and architectures.
//
// Characters are code points. No normalisation is done: an accent that is written in two ways
// is two things.
package autoregressive
