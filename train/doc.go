// Package train is the training loop, as an iterator: the caller's loop body is the hook.
//
//	for p, err := range train.Run(ctx, trainer, data, cfg.Options(), train.NewStreams(seed)) {
//		if err != nil { ... }          // diverged, or interrupted
//		if p.Step%100 == 0 { ... }     // log, save, draw
//	}
//
// It also has what the trainers of all models share: Settings, the part of a configuration that is
// about the optimiser; Descent, a model with its average, optimiser and learning-rate schedule, saved
// and restored as one; and the named random streams of a run, where changing how many numbers one of
// them is asked for never moves another.
package train
