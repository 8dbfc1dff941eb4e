// Package sweep plans many trainings that differ in their settings, runs them, and collects their results.
//
//	request, err := sweep.ReadPlan("plan.yaml", models.All)
//	s, err := sweep.New(models.All, request, "runs/lr")
//	err = s.Run(ctx, os.Stdout)
//	runs, err := s.Runs()
//
// The folder of a sweep holds
//
//	config.yaml    what was asked: axes, search, trials; it marks the folder
//	plan.jsonl     one resolved configuration a line; the line's number, from 0, is the index of its run
//	00000, ...     the run folders, one for each index
//
// A run is done by [Task], from whatever place: this package's own loop, a job array of Slurm, or any other program
// that calls genlab sweep run DIR --index I. A task holds the lock of its run folder. It continues a training that was
// interrupted, never repeats one that is finished or has diverged, and waits for another task of the same index. The
// results do not depend on where, in which order and how often tasks were started.
//
// The plan of a folder only grows: a request with more trials, values or seeds appends its new configurations and
// keeps the index of every earlier one.
//
// # What is not guaranteed
//
// Locks are as good as the file system: on one without locks that work between nodes, two tasks of one index that run
// at the same time on different nodes may disturb each other. Times are estimates from nominal rates.
package sweep
