// Package registry defines what a model is to everything above the models: the command line, comparisons,
// experiments and the map. A model is registered once, by a [Spec]:
//
//	var Flow = registry.Spec[flow.Config]{
//		Info:     registry.Info{Name: "flow", Summary: "A normalizing flow ...", Colour: plot.Vermillion},
//		Defaults: flow.DefaultConfig,
//		Tiny:     func(c *flow.Config) { c.Steps, c.Hidden = 200, 32 },
//		...
//	}
//
// Flags, help, YAML keys, make train-NAME, smoke runs, the default models of genlab compare, colours and the tables
// of the documentation follow from it. A registered model is a [Model]; its settings for one training are a
// [Job]; an opened run folder is a [Run], whose model is a [Trained]. Interfaces declare what a trained model can
// do beyond sampling: [genlab.LogProber] for an exact density, [genlab.LogBounder] for a bound,
// [TightBounder] for tighter bounds, [Illustrator] for pictures and [Reporter] for rows of genlab eval.
//
// Not guaranteed: concurrent use. A Run serves one goroutine at a time, as the models do.
package registry
