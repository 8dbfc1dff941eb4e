package hybrid

import (
	"genlab/autoregressive"
	"genlab/diffusion"
)

// ConsistencyConstants returns the numbers of a consistency model that no setting gives, by name, as its checkpoints
// keep them.
func ConsistencyConstants() map[string]float64 {
	c := diffusion.Constants()
	c["min_restart_noise"] = minRestartNoise
	return c
}

// VQPriorConstants returns the numbers of a [VQModel] that no setting gives, by name, as its checkpoints keep them.
func VQPriorConstants() map[string]float64 {
	return map[string]float64{"norm_eps": autoregressive.Constants()["norm_eps"], "prior_heads": priorHeads}
}
