package main

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
)

// viewed returns how points x (n x d) of a data set are looked at other than on the plane, and
// the name of the file for that; nil where there is no such way.
func viewed(ds *datasets.Dataset, title string, x *mat.Dense) (name string, paint func() ([]byte, error)) {
	n, d := x.Dims()
	switch ds.View.(type) {
	case datasets.Dots:
		const columns, rows = 10, 6
		shown := min(n, columns*rows)
		return "pictures.png", func() ([]byte, error) {
			return plot.Sheet(title, fmt.Sprintf("%d of them", shown), x.Slice(0, shown, 0, d), datasets.DotsSide, columns)
		}
	case datasets.Bounce:
		const films = 6
		return "films.png", func() ([]byte, error) {
			var panel plot.Panel
			for f := range datasets.BounceFrames {
				at := mat.NewDense(films, 2, nil)
				for i := range films {
					at.SetRow(i, x.RawRowView(i)[f*datasets.BounceWidth:][:2])
				}
				panel.Paths = append(panel.Paths, at)
			}
			return plot.Compare(title+": the first point of some films", boxOf(ds), panel)
		}
	}
	return "", nil
}
