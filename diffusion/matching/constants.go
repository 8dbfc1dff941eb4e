package matching

import "genlab/diffusion"

// Constants returns the numbers of a model that no setting gives, by name, as its checkpoints keep them.
func Constants() map[string]float64 {
	c := map[string]float64{"time_floor": timeFloor}
	for _, name := range []string{"level_frequency_first", "level_frequency_ratio"} {
		c[name] = diffusion.Constants()[name]
	}
	return c
}
