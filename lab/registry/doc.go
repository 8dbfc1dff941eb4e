// Package registry says what a model is to everything above the models: the command line,
// comparisons, experiments, the map. A model is registered once, by a Spec:
//
//	var Flow = registry.Spec[flow.Config]{
//		Info:     registry.Info{Name: "flow", Summary: "A normalizing flow ...", Colour: plot.Vermillion},
//		Defaults: flow.DefaultConfig,
//		Tiny:     func(c *flow.Config) { c.Steps, c.Hidden = 200, 32 },
//		...
//	}
//
// Flags, help, YAML keys, `make train-NAME`, smoke runs, the default list of compare, colours and the
// tables of the documentation follow from it. A registered model is a Model; its settings for one
// training are a Job; a run folder that was opened is a Run, whose Model is a Trained. What a
// trained model can do beyond sampling is asked of it by interfaces: a density is a
// genlab.LogProber, a bound a genlab.LogBounder, pictures of its own an Illustrator, rows of its own in the
// table of eval a Reporter, bounds above its first a TightBounder.
//
// Not guaranteed: a Run serves one goroutine at a time, as the models do.
package registry
