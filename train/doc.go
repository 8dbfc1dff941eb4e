// Package train is the training loop, as an iterator: the caller's loop body is the hook.
//
//	for p, err := range train.Run(ctx, learner, data, opts, streams) {
//		if err != nil { ... }          // diverged, or interrupted
//		if p.Step%100 == 0 { ... }     // log, save, draw
//	}
//
// It also makes the named random streams of a run: changing how many numbers one of them is
// asked for never moves another.
package train
