// Package taxonomy is a map of generative models: what each paradigm optimises, how it samples and with
// how many network evaluations, what is known of its likelihood, and the resulting trade-off. Place
// classifies a model that is described by answers to [Questions].
//
// The content is data: data/paradigms.yaml, combinations.yaml, systems.yaml, questions.yaml,
// contradictions.yaml and cards.yaml. A new paradigm is an entry there; [Lacks] reports what a model
// still lacks. Measured values are not stored here: a statement names the metrics of a comparison and
// the numbers of experiments that are evidence for it, and whoever prints the map looks them up.
//
// Place follows fixed rules: an objective, or a sampling procedure, points to a paradigm, the paradigms
// together to a combination, and answers that contradict each other are reported. A model that is not
// on the map is only compared with its nearest paradigms.
package taxonomy
