package evaluate

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// View is a picture yet to be drawn.
type View struct {
	Name  string
	Paint func() ([]byte, error)
}

// Viewed returns how points x (n x d) of a data set are looked at other than on the plane, a .png
// first; nil where there is no such way.
func Viewed(ds *datasets.Dataset, title string, x *mat.Dense) []View {
	n, d := x.Dims()
	switch ds.View.(type) {
	case datasets.Dots:
		const columns, rows = 10, 6
		shown := min(n, columns*rows)
		return []View{{"pictures.png", func() ([]byte, error) {
			return plot.Images(title, fmt.Sprintf("%d of them", shown), x.Slice(0, shown, 0, d), datasets.DotsSide, columns)
		}}}
	case datasets.Bounce:
		const films = 6
		return []View{{"films.png", func() ([]byte, error) {
			var panel plot.Panel
			for f := range datasets.BounceFrames {
				at := mat.NewDense(films, 2, nil)
				for i := range films {
					at.SetRow(i, x.RawRowView(i)[f*datasets.BounceWidth:][:2])
				}
				panel.Paths = append(panel.Paths, at)
			}
			return plot.Compare(title+": the first point of some films", registry.Box(ds), panel)
		}}, {"film.gif", func() ([]byte, error) { return movie(ds, title, x) }}}
	}
	return nil
}

// movie shows films x beside as many of the simulator's.
func movie(ds *datasets.Dataset, title string, x *mat.Dense) ([]byte, error) {
	const films = 5
	row := func(title string, x *mat.Dense) plot.VideoRow {
		r := plot.VideoRow{Title: title}
		for i := range films {
			var film []*mat.Dense
			for f := range datasets.BounceFrames {
				at := x.RawRowView(i)[f*datasets.BounceWidth : (f+1)*datasets.BounceWidth]
				film = append(film, mat.NewDense(datasets.BounceWidth/2, 2, at))
			}
			r.Videos = append(r.Videos, film)
		}
		return r
	}
	walls := plot.Box{XMin: -1, XMax: 1, YMin: -1, YMax: 1}
	return plot.Videos(title, walls, row("the model", x), row("the simulator", ds.Sampler.Sample(films, train.NewStream(1, "films").Rand)))
}
