package hybrid

import (
	"maps"

	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/vae"
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

// FlowPriorConstants returns the numbers of a VAE and of its prior that no setting gives, by name, as its checkpoints keep them.
func FlowPriorConstants() map[string]float64 {
	all := map[string]float64{"prior_bound": flow.DefaultConfig().Bound}
	for _, part := range []map[string]float64{vae.Constants(), flow.Constants(), diffusion.Constants()} {
		maps.Copy(all, part)
	}
	return all
}
