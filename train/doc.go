// Package train runs the training loop of any model as an iterator: the caller's loop body is the
// hook for logging, snapshots and early stopping.
//
//	for p, err := range train.Run(ctx, trainer, data, cfg.Options(), train.NewStreams(seed)) {
//		if err != nil { ... }          // diverged, or cancelled
//		if p.Step%100 == 0 { ... }     // log, save, plot
//	}
//
// It also has what all trainers share: [Settings], the hyper-parameters of the optimiser; [Descent],
// a model with its EMA weights, optimiser and learning-rate schedule, saved and restored as one; and
// [Stream], a named random stream, so that the random numbers of one purpose never shift those of
// another.
//
// Not guaranteed: that a training converges, and that bits agree between CPU levels. On one machine a
// training that is resumed from a checkpoint equals an uninterrupted one bit for bit.
package train
