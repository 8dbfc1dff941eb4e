package stage

import (
	"cmp"
	"fmt"
	"slices"

	"genlab/datasets"
	"genlab/lab/registry"
)

// learns are what models learn that do not learn points alone.
var learns = map[string]string{"video": "videos", "captioned": "points with a prompt"}

// fits returns the task of a job for a stage. It fails with an [unfitError] where the model does not learn the data as points.
func fits(j registry.Job) (registry.Points, error) {
	t, err := j.Task()
	if points, ok := t.(registry.Points); ok && err == nil {
		return points, nil
	}
	about := j.Of().About()
	unfit := &unfitError{}
	switch kind := learns[about.Name]; {
	case datasets.IsText(about.Data) || err == nil:
		unfit.why = fmt.Sprintf("it learns text, and a stage shows points: train it by genlab train %s", about.Name)
	case kind != "" && slices.Contains(dataNames(), about.Data):
		unfit.why, unfit.on = "it learns "+kind+": choose the data "+about.Data, about.Data
	default:
		unfit.why = err.Error()
	}
	return registry.Points{}, unfit
}

// unfitError says why a model does not learn some data.
type unfitError struct {
	why string
	on  string // data that it learns on a stage, "" for none in particular
}

// Error implements error.
func (e *unfitError) Error() string { return e.why }

// seenIn are the models with views into the parts of one that has no view of its own.
var seenIn = map[string]string{
	"rectified-flow":        "flow-matching",
	"flow-map":              "flow-matching",
	"consistency":           "diffusion",
	"adversarial-diffusion": "diffusion",
	"latent-diffusion":      "diffusion and the VAE",
	"flow-prior":            "the VAE and the flow",
	"vq-prior":              "the autoregressive model",
	"video":                 "diffusion",
	"captioned":             "diffusion",
}

// unseen says why a model has no view to look into it, "" where it has one.
func unseen(model string, views []string) string {
	if len(views) > 0 {
		return ""
	}
	return fmt.Sprintf("There is no view into this model. What it builds on can be looked into on a panel of %s.", cmp.Or(seenIn[model], "a paradigm"))
}

// notYet say why a model has no samples before it has learned for a while.
var notYet = map[string]string{
	"latent-diffusion": "the autoencoder learns first, the diffusion model after it",
	"kde":              "its kernels are points of the first batches",
}
