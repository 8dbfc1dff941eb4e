package vae

// Constants returns the numbers of a model that no setting gives, by name, as its checkpoints keep them.
func Constants() map[string]float64 {
	s := posteriorSpline
	return map[string]float64{
		"min_scale": minScale, "posterior_features": flowFeatures,
		"posterior_bins": float64(s.Bins), "posterior_bound": s.Bound, "posterior_min_share": s.MinWidth, "posterior_min_slope": s.MinSlope,
	}
}
