// Package nn builds, differentiates and runs networks as Gorgonia expression graphs of fused
// operations, and optimises their parameters.
//
//	step, err := nn.NewStep(&params, batch, func(g *nn.Graph) G.Nodes {
//		h := nn.Linear(g.Input("x", 2), g.Param(w1), g.Param(b1), nn.SiLU)
//		return G.Nodes{nn.MSE(nn.Linear(h, g.Param(w2), g.Param(b2), nn.Identity), g.Input("y", 1))}
//	})
//	copy(step.Input("x"), ...)         // batch x 2
//	losses, err := step.Gradient()
//	step.Update(optimizer, rate, ema)
//
// Every value is a row-major matrix: a batch is rows x features, a bias 1 x features, a scalar 1 x 1.
// One formula serves training (a [Step]: loss, gradient, update), inference (a [Forward]: any number
// of rows, in chunks) and gradient checks in float64. Shapes that do not match panic when the graph
// is built.
//
// # What is guaranteed
//
// The same inputs give the same bits in every run and with any GOMAXPROCS: a batch is split into
// shards that depend on its size alone, and their gradients are added in a fixed order. The result of
// a row depends on no other row, except those of its group (a sequence). After the first call nothing
// is allocated. A value that is not finite stops a step before any parameter changes, and the error
// names the first tensor that contains one. Differentiating an operation without a derivative is an
// error.
//
// # What is not guaranteed
//
// Bits differ between CPU levels and architectures. A Step, a Forward and a Machine must not be used
// by several goroutines at once.
//
// # Why not Gorgonia's own machine and Grad
//
// Its TapeMachine spends more time around the operations than in them, merges nodes by a 32-bit hash,
// and does not recover from a panic inside an operation; its Grad cannot be applied to its own result.
// The graph, the derivatives of operations (SDOp.SymDiff) and the tensors are Gorgonia's, and a graph
// built here also runs on its TapeMachine, which the tests use as the reference.
package nn
