// Package masked trains masked diffusion models of text: a transformer that sees the whole window fills in
// masked characters, in any order and any number at a time.
//
//	m, err := masked.New(cfg, alphabet, rng)
//	t, err := masked.NewTrainer(m)                  // run it with package train on alphabet.Windows
//	bound := t.Average().LogBound(text, rng)        // nats, one per character
//	texts, err := t.Average().ContinueAll([]string{"the cat "}, 100, masked.Decoding{Steps: 4}, rng)
//
// # Definition
//
// The forward process masks each character of a block x₁ … x_B independently, at time t in [0, 1] with
// probability t: an absorbing state [austin2021]. The network estimates p(xᵢ | x_v) for each masked i, given the
// visible characters x_v, which include those before the block. The negative evidence lower bound in continuous
// time [sahoo2024] [shi2024] is
//
//	-log p(x) ≤ ∫₀¹ 1/t · E[ Σ_{i masked} -log p(xᵢ | x_v) ] dt.
//
// The number of masked characters is all that the expectation needs to know of t: with M masked, a uniform subset,
// the weights ∫ 1/t · tᴹ(1-t)ᴮ⁻ᴹ dt · C(B, M) are 1/M, so that
//
//	-log p(x) ≤ Σ_{M=1}^{B} 1/M · E[ Σ_{i masked} -log p(xᵢ | x_v) ],
//
// which is also the bound of models of any order [hoogeboom2022] [ou2025]: reveal one character at a time in a
// uniformly random order. Training and [Bound] sample M, stratified, instead of t and the number of masked
// characters given t: the same mean, less variance.
//
// A sampler in k steps reveals several characters at once, independently of each other given the visible ones. Step j
// reveals n of the M masked characters; the bound of that sampler is Σ_j n/M · E[...], a sum over its steps alone. It
// is the cost of parallel decoding in nats.
//
// A text of any length is cut into blocks, each given the characters before it in its window. The first block is a whole
// window.
//
// # What is not guaranteed
//
// [Text.LogBound] is a lower bound on log p(text), never log p itself; the difference is the mean divergence between
// the orders, which the loss does not force to agree. [Text.SumOverOrders] computes log p of the block of a few
// characters exactly.
// The conditional distributions of different subsets need not be those of one joint distribution. The density of
// samples in k < B steps is another one than in B steps, and the order [Confident] has no bound.
package masked
