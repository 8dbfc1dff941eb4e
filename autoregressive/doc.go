// Package autoregressive trains character language models, and models of the plane with an exact
// density. Both are causal transformers over sequences of symbols.
//
//	m, err := autoregressive.NewPoints(cfg, box, rng) // or NewText(cfg, alphabet, rng)
//	t, err := autoregressive.NewTrainer(m)            // run it with package train
//	x := t.Average().Sample(1000, rng)                // and LogProb(x), in nats
//
// The model is the chain rule of probability,
//
//	p(x₁ … xₙ) = ∏ᵢ p(xᵢ | x₁ … xᵢ₋₁),
//
// with one transformer [vaswani2017] [radford2019] for all factors: token and position embeddings,
// pre-norm blocks x += attention(norm x), x += mlp(norm x) with GELU [hendrycks2016], a final layer
// normalisation and a linear layer. Training is maximum likelihood: minimise −Σ log p(xᵢ | x<ᵢ)
// with AdamW, linear warm-up and cosine decay. The defaults for text are those that [karpathy2022]
// publishes for characters on a CPU. Two kinds of sequence are supported:
//
//   - [Text] is a distribution over texts of any length. The probability of a text is exact,
//     Σ log p(character | those before it); all characters outside the alphabet share one class.
//     A prefix longer than the context is truncated to a window that moves by half a context at a
//     time. LogProb evaluates and Continue samples from the same conditional distributions.
//   - [Points] quantises the plane: the box is a fine grid, uniform but for the tails of data with
//     outliers ([Bulk]), and a point is the sequence of the digits of its two bins. The probability
//     of a cell over its area is a density: exact, normalised, and zero outside the box. Modelling
//     quantised values as symbols follows [oord2016].
//
// Sampling is sequential, one network evaluation per symbol. A [Cache] keeps keys and values, so that
// an evaluation processes one position instead of the whole prefix.
//
// # What is not guaranteed
//
// The density of Points is constant within a cell. For a smooth density that costs about
// bin²/(24 σ²) nats per axis, and more where a cell contains an edge; [Points.DiscretizationGap]
// measures it. A data point outside the box has density zero, so its negative log-likelihood and a
// KL divergence are infinite; training moves it to the nearest cell.
//
// Cached and uncached logits agree to 1e-5, not bit for bit: the matrix products have different shapes.
// Bits differ between CPU levels and architectures.
//
// Characters are Unicode code points without normalisation: two encodings of the same accented letter
// are different strings.
package autoregressive
