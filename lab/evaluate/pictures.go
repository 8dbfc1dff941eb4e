package evaluate

import (
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// SamplesFile is the name of the picture of a run's samples.
const SamplesFile = "samples.png"

// SamplesPicture draws the 2-D projection of samples x (n x d) of a model, over the true density where it is known.
func SamplesPicture(title, model string, ds *datasets.Dataset, x *mat.Dense) ([]byte, error) {
	return plot.Compare(title, registry.Box(ds),
		plot.Panel{Truth: ds.Plane().Density, Points: ds.Project(x), Colour: models.Colour(model)})
}

// pictures draws the 2-D projection of samples x (n x d), and the pictures of the model and of the data's
// view.
func pictures(r *registry.Run, ds *datasets.Dataset, x *mat.Dense) ([]registry.Picture, error) {
	n, d := x.Dims()
	few, title := x.Slice(0, min(n, registry.PlottedSamples), 0, d).(*mat.Dense), fmt.Sprintf("%s on %s", r.Name(), ds.Name)
	// This picture needs no model, and is drawn beside those of the model.
	var points []byte
	var drawing errgroup.Group
	drawing.Go(func() (err error) {
		points, err = SamplesPicture(title, r.Name(), ds, few)
		return err
	})
	var all []registry.Picture
	own, ok := r.Model.(registry.Illustrator)
	if _, always := r.Model.(registry.AnyView); ok && (ds.View == nil || always) {
		more, err := own.Pictures(ds, r.Job.Seed())
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	for _, v := range Viewed(ds, title, few) {
		data, err := v.Paint()
		if err != nil {
			return nil, err
		}
		all = append(all, registry.Picture{Name: v.Name, Data: data})
	}
	err := drawing.Wait()
	return slices.Insert(all, 0, registry.Picture{Name: SamplesFile, Data: points}), err
}
