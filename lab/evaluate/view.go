package evaluate

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// View is a picture that Paint draws.
type View struct {
	Name  string
	Paint func() ([]byte, error)
}

// Viewed returns the pictures of points x (n x d) of a dataset other than their 2-D projection, a .png first; nil
// where there is none.
func Viewed(ds *datasets.Dataset, title string, x *mat.Dense) []View {
	n, d := x.Dims()
	switch ds.View.(type) {
	case datasets.Dots:
		const columns, rows = 10, 6
		shown := min(n, columns*rows)
		return []View{{"pictures.png", func() ([]byte, error) {
			return plot.Images(title, fmt.Sprintf("%d samples", shown), x.Slice(0, shown, 0, d), datasets.DotsSide, columns)
		}}}
	case datasets.Bounce:
		const videos = 6
		return []View{{"films.png", func() ([]byte, error) {
			var panel plot.Panel
			for f := range datasets.BounceFrames {
				at := mat.NewDense(videos, 2, nil)
				for i := range videos {
					at.SetRow(i, x.RawRowView(i)[f*datasets.BounceWidth:][:2])
				}
				panel.Paths = append(panel.Paths, at)
			}
			return plot.Compare("Path of the first point: "+title, registry.Box(ds), panel)
		}}, {"film.gif", func() ([]byte, error) { return animation(ds, title, x) }}}
	}
	return nil
}

// animation shows videos x next to as many of the simulator's.
func animation(ds *datasets.Dataset, title string, x *mat.Dense) ([]byte, error) {
	const videos = 5
	row := func(title string, x *mat.Dense) plot.VideoRow {
		r := plot.VideoRow{Title: title}
		for i := range videos {
			var video []*mat.Dense
			for f := range datasets.BounceFrames {
				at := x.RawRowView(i)[f*datasets.BounceWidth : (f+1)*datasets.BounceWidth]
				video = append(video, mat.NewDense(datasets.BounceWidth/2, 2, at))
			}
			r.Videos = append(r.Videos, video)
		}
		return r
	}
	walls := plot.Box{XMin: -1, XMax: 1, YMin: -1, YMax: 1}
	return plot.Videos(title, walls, row("model", x), row("simulator", ds.Sampler.Sample(videos, train.NewStream(1, "films").Rand)))
}
