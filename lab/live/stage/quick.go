package stage

import "maps"

// quick are settings with which a model learns 8gaussians in a few seconds without the kernels of a processor, as
// in a browser: smaller networks and batches, and fewer steps.
var quick = map[string]Model{
	"diffusion": {
		Set:      map[string]string{"hidden": "48", "layers": "2", "batch": "128", "features": "16", "steps": "1000", "lr": "0.01", "warmup": "50", "ema": "0.98"},
		Sampling: map[string]string{"nfe": "12"},
	},
	"flow": {Set: map[string]string{"hidden": "24", "layers": "3", "depth": "1", "bins": "12", "batch": "128", "steps": "500", "lr": "0.006", "warmup": "20", "ema": "0.97"}},
	"gan":  {Set: map[string]string{"hidden": "32", "layers": "3", "batch": "64", "features": "16", "latent-features": "32", "steps": "2000", "lr": "0.006", "ema": "0.98"}},
	"vae":  {Set: map[string]string{"hidden": "32", "layers": "2", "batch": "128", "steps": "1500", "lr": "0.008", "warmup": "50", "ema": "0.98"}},
	"autoregressive": {
		Set: map[string]string{"hidden": "32", "layers": "1", "base": "16", "batch": "64", "steps": "400", "lr": "0.008", "warmup": "20", "ema": "0.97"},
	},
}

// Quick returns settings in which models without settings of their own have those of a browser.
func Quick(s Settings) Settings {
	list := make([]Model, len(s.Models))
	for i, m := range s.Models {
		if q, ok := quick[m.Model]; ok && len(m.Set) == 0 && len(m.Sampling) == 0 {
			m.Set, m.Sampling = maps.Clone(q.Set), maps.Clone(q.Sampling)
		}
		list[i] = m
	}
	s.Models = list
	s.Samples = min(s.Samples, 400)
	return s
}
