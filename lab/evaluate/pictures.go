package evaluate

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// pictures draws the 2-D projection of samples x (n x d), and the pictures of the model and of the data's
// view.
func pictures(r *registry.Run, ds *datasets.Dataset, x *mat.Dense) ([]registry.Picture, error) {
	n, d := x.Dims()
	few, title := x.Slice(0, min(n, registry.PlottedSamples), 0, d).(*mat.Dense), fmt.Sprintf("%s on %s", r.Name(), ds.Name)
	points, err := plot.Compare(title, registry.Box(ds),
		plot.Panel{Truth: ds.Plane().Density, Points: ds.Project(few), Colour: models.Colour(r.Name())})
	if err != nil {
		return nil, err
	}
	all := []registry.Picture{{Name: "samples.png", Data: points}}
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
	return all, nil
}
