// Package taxonomy is the map of paradigms: what each minimises, how it samples and in how many
// passes, what it can say of a likelihood, and what that costs it; and the way to find the place
// of a system that is described by these four.
//
// The rows are data. A region (regions.go) is a paradigm, or a combination of several; a system
// (systems.go) is a model with its parts, which lies in one. A card (cards.go) is a question with
// the answer of theory. What was measured is not here: a statement names the figures that speak to
// it, of a comparison and of the experiments, and who prints the map looks them up.
//
// Placing is by rules that can be read (place.go): each answer belongs to some paradigms; the
// objective decides, sampling may add what a combination is made of, and answers that cannot be
// true together are pointed out. A system that no rule foresees is placed near what it shares
// most with, and may belong elsewhere.
package taxonomy
