// Package evaluate measures a trained run against the true distribution: sample metrics next to those of an
// oracle (a fresh sample from the true distribution, scored by the same code), the likelihood or its bound, and
// pictures. Exact values and bounds have different names and never share a row.
//
//	r, err := models.All.Open("runs/flow-moons-s1")
//	report, illustrate, err := evaluate.Run(r, 10000, registry.Options{})
//	pictures, err := illustrate()
//
// Random streams depend on the run's seed and on their purpose, so that a report is reproducible to the last
// bit, except for its timings, on the same kind of machine.
package evaluate
