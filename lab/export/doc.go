// Package export writes the metrics of runs for other tools: TensorBoard's event files, one CSV table, and MLflow.
//
//	run, err := export.Open("runs/flow-moons-s1")
//	n, err := run.TensorBoard("tb")
//
// The source is metrics.jsonl, whose format is a contract (docs/command.md), and eval.json where the run is finished.
// metrics.jsonl has no times: a point's time is that of the start of the run plus its share of the training time.
//
// Exporting a run again continues what was written before. A run that was killed and resumed goes back to its last
// checkpoint and may have logged steps that no longer exist; an event file then gets a session-start event at the first
// step that differs, by which TensorBoard discards the points from there on, and MLflow's history is compared before points
// are added.
//
// # What is not guaranteed
//
// Event files hold float32. MLflow never deletes points: those of a step that was repeated after a kill stay beside the
// new ones, which TensorBoard's do not.
package export
