package masked

// Constants returns the numbers of a model that no setting gives, by name, as its checkpoints keep them.
func Constants() map[string]float64 { return map[string]float64{"norm_eps": normEps} }
