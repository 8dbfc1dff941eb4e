package compare

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// shownPoints is the number of points in a panel.
const shownPoints = 1000

// samplePicture draws the samples of the first seed as a PNG: a row for each dataset and a column for each
// model, the oracle first. A model that failed, or has no samples of the dataset, has an empty panel.
func (k *Comparison) samplePicture() ([]byte, error) {
	var rows []plot.GridRow
	for i, name := range k.plan.Data {
		row := plot.GridRow{Name: name, Box: registry.Box(k.sets[i].Dataset)}
		for _, model := range slices.Concat([]string{Oracle}, k.plan.Models, k.plan.Added) {
			p := plot.Panel{Title: model, Truth: k.sets[i].Plane().Density, Colour: models.Colour(model)}
			if model == Oracle {
				p.Title = "true distribution"
			}
			at := slices.IndexFunc(k.trials, func(r *trial) bool { return r.data == name && r.seed == 1 && r.model == model })
			if at < 0 { // added on another dataset
				p.Title += " (no samples)"
			} else if r := k.trials[at]; r.result.Status == Done {
				x, err := datasets.ReadRows(k.root.Path(r.dir+"/samples.npy"), r.set.Dim())
				if err != nil {
					return nil, fmt.Errorf("%v: %w", r, err)
				}
				n, d := x.Dims()
				p.Points = r.set.Project(mat.DenseCopyOf(x.Slice(0, min(n, shownPoints), 0, d)))
			} else {
				p.Title += " (failed)"
			}
			row.Panels = append(row.Panels, p)
		}
		rows = append(rows, row)
	}
	return plot.Grid(fmt.Sprintf("%d samples of each model (seed 1)", shownPoints), rows)
}
