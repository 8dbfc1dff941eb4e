package compare

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// shownPoints is the number of points in a panel.
const shownPoints = 1000

// samplePicture draws the samples of the first seed as a PNG: a row for each dataset and a column for each
// model, the oracle first. A model that failed has an empty panel.
func (k *Comparison) samplePicture() ([]byte, error) {
	var rows []plot.GridRow
	for i, name := range k.plan.Data {
		row := plot.GridRow{Name: name, Box: registry.Box(k.sets[i].Dataset)}
		for _, r := range k.trials {
			if r.data != name || r.seed != 1 || r.model == Gaussian || r.model == Mixture {
				continue
			}
			p := plot.Panel{Title: r.model, Truth: k.sets[i].Plane().Density, Colour: models.Colour(r.model)}
			if r.model == Oracle {
				p.Title = "true distribution"
			}
			if r.result.Status == Done {
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
