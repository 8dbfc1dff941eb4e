// Package nn is where models meet Gorgonia. It builds Gorgonia expression graphs out of
// fused operations, differentiates them, runs them, and optimises their parameters.
//
// Every value is a row-major matrix: a batch is rows x features, a bias is 1 x features, a
// scalar is 1 x 1. A model writes its formula once, over nodes:
//
//	h := nn.Linear(x, g.Param(w1), g.Param(b1), kernel.SiLU)
//	loss := nn.MSE(nn.Linear(h, g.Param(w2), g.Param(b2), kernel.Identity), target)
//
// and the same function serves training (a Step: loss, gradient, update), inference (a
// Forward: any number of rows, in chunks) and gradient checks in float64.
//
// What it guarantees. The same inputs give the same bits in every run and with any
// GOMAXPROCS: a batch is split into shards that depend on its size alone, and their gradients
// are added in one order. A row's result does not depend on the rows beside it, but for those
// of its own group (a sequence). After the first call nothing is allocated. A value that is
// not finite stops a step before any parameter changes, and the error names the first tensor
// that had it. A derivative that an operation does not have is an error, never a zero.
//
// What it does not. Bits differ between CPU levels and architectures. A Step, a Forward and a
// Machine serve one goroutine at a time.
//
// Why not Gorgonia's own machine and Grad: its TapeMachine spends more time around the
// operations than in them, merges nodes by a 32-bit hash, and dies of a panic inside an
// operation; its Grad cannot be applied to its own result. The graph, the operations'
// derivatives (SDOp.SymDiff) and the tensors are Gorgonia's, and a graph built here runs on
// its TapeMachine as well, which the tests use as the reference.
package nn
