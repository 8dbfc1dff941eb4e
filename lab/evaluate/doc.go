// Package evaluate measures a trained run against the true distribution: metrics of its samples
// beside an oracle row (a fresh sample of the true distribution, scored by the same code), what the model
// knows of its likelihood under the heading of its kind (exact, bound, or none), and pictures.
//
//	r, err := models.All.Open("runs/flow-moons-s1")
//	report, show, err := evaluate.Run(r, 10000, registry.Options{})
//	pictures, err := show()
//
// Random streams belong to the run's seed and to their purpose, so that a report is the same again to
// the last bit, but for its times, on one kind of machine.
package evaluate
