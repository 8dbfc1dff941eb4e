// Package rundir reads and writes the folder of a training run:
//
//	runs/<model>-<dataset>-s<seed>/
//		config.yaml             the resolved configuration; a folder without it is not a run
//		env.json                program, machine and commit
//		metrics.jsonl           one JSON object per line, in the order of training
//		checkpoint.safetensors  parameters, optimiser, states of random generators, step
//		*.png, *.gif, ...       pictures and animations
//		.genlab.files           names of the files that genlab wrote here
//		.genlab.lock            locked by the process that writes; never removed
//
// Create starts a run, Resume continues one, Open reads one.
//
// Guaranteed:
//
//   - One writer. Create and Resume lock the folder against other processes (and against a
//     second Dir in this one) until Close or the death of the process. Open only reads.
//   - WriteFile, and with it everything but the log, replaces a file atomically: after
//     a crash, a kill or a full disk the folder holds the old content or the new, and a
//     checkpoint that was reported as saved stays. The next writer removes the temporary file of
//     a writer that was killed.
//   - Save syncs the log before the checkpoint, so that no line up to a checkpoint's step is
//     lost; TrimLog(step) removes the lines after it.
//   - A damaged checkpoint, log or env.json is found on reading and is a *CorruptError.
//   - Overwriting removes the files that were written through a Dir or announced by Record, and
//     nothing else, and only in a folder that has both a config.yaml and the lock file of a run.
//     The folder lists their names in .genlab.files; for folders of earlier versions, which lack
//     that file, a fixed list of names is used.
//
// Not guaranteed:
//
//   - Lines logged after the last Flush or Save may be lost, the last one in part; an incomplete
//     last line is never read, and the next writer removes it.
//   - Locks and syncs are as good as the file system makes them; network file systems often
//     ignore both. On Windows a folder cannot be synced, and a checkpoint that another process
//     is reading at that moment cannot be replaced: Save then fails and the old one stays.
package rundir
