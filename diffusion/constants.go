package diffusion

import "maps"

// Constants returns the numbers of a model that no setting gives, by name, as its checkpoints keep them.
func Constants() map[string]float64 {
	c := map[string]float64{
		"level_frequency_first": firstFrequency, "level_frequency_ratio": frequencyRatio,
		"min_noise": MinNoise, "min_sampling_noise": maxLastNoise, "sampling_noise_steps": lastNoiseSteps,
		"low_final_steps": lowFinal, "max_growth": maxGrowth,
		"few_heun_steps": fewHeunSteps, "karras_rho": karrasRho, "log_shift": logShift,
		"flow_tolerance": DefaultTolerance,
	}
	for _, s := range schedules {
		maps.Copy(c, s.Value.(interface{ constants() map[string]float64 }).constants())
	}
	return c
}

func (c Cosine) constants() map[string]float64 {
	return map[string]float64{"cosine_offset": c.Offset, "cosine_end": c.End}
}

func (l Linear) constants() map[string]float64 {
	return map[string]float64{"linear_min": l.Min, "linear_max": l.Max}
}
