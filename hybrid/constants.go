package hybrid

import "genlab/diffusion"

// ConsistencyConstants returns the numbers of a consistency model that no setting gives, by name, as its checkpoints
// keep them.
func ConsistencyConstants() map[string]float64 {
	c := diffusion.Constants()
	c["min_restart_noise"] = minRestartNoise
	return c
}
