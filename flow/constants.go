package flow

// Constants returns the numbers of a model that no setting gives, by name, as its checkpoints keep them.
func Constants() map[string]float64 {
	return map[string]float64{
		"input_clip": inputClip, "max_log_slope": maxLogSlope,
		"min_width": minWidth, "min_height": minHeight, "min_slope": minSlope,
	}
}
