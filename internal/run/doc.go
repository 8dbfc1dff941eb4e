// Package run is the folder that a training run leaves behind:
//
//	runs/<model>-<dataset>-s<seed>/
//		config.yaml             the resolved configuration; a folder without it is no run
//		env.json                program, machine and commit
//		metrics.jsonl           one JSON object a line, in the order of training
//		checkpoint.safetensors  parameters, optimiser, random states, step
//		*.png, *.gif, ...       what was made from them
//		.genlab.lock            held by the process that writes; stays when it ends
//
// Guaranteed:
//
//   - One writer. Create and Resume lock the folder against other processes (and against a
//     second Dir in this one) until Close or the death of the process. Open only reads.
//   - WriteFile, and with it everything but the log, replaces a file whole or not at all: after
//     a crash, a kill or a full disk there is the old content or the new, and a checkpoint that
//     was reported as saved stays. What a killed writer left half done is removed by the next.
//   - Save brings the log to the disk before the checkpoint, so that no line up to a
//     checkpoint's step is lost; TrimLog(step) cuts off what came after it.
//   - A checkpoint is a valid safetensors file; equal contents give equal bytes. A flipped bit, a
//     cut or an added byte is found on reading and is a *CorruptError, as is any file that
//     does not mean exactly one thing. Reading takes memory in proportion to the file.
//   - Only the known files of a run are ever removed, and only where Create was told to
//     overwrite a folder that has both a config.yaml and the lock file of a run.
//
// Not guaranteed:
//
//   - The SHA-256 in a checkpoint finds accidents; whoever can write the file can also write
//     another sum.
//   - Lines logged after the last Flush or Save can be lost, the last one torn in the middle;
//     a torn last line is never read and the next writer cuts it off.
//   - Locks and syncs are as good as the file system makes them; network file systems often
//     ignore both. On Windows a folder cannot be synced, and a checkpoint that another process
//     is reading at that moment cannot be replaced: Save then fails and the old one stays.
package run
