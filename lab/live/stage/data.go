package stage

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/live/pack"
	"genlab/lab/registry"
	"genlab/train"
)

func mapKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// loaded are the data of a stage, as the panels share them.
type loaded struct {
	name    string // as genlab train knows them
	ds      *datasets.Dataset
	box     plot.Box   // that pictures show
	reach   plot.Box   // that packed points are relative to
	density *pack.Grid // the true density over box, nil where it is not known
	points  []uint16   // of the true distribution, as they are packed
	truth   string     // the packed points
	labels  []int      // of them, nil without
	file    []byte     // content of the CSV file, nil for a dataset of a name
	path    string     // of that file
	forget  func()
}

// Numbers of the picture of the true distribution.
const (
	densitySide = 192
	truthShown  = 2000
)

// load finds the data of settings that are valid. Points are kept in memory under the path of a file in the folder
// out, where saving writes them. Call forget when they are no longer used.
func (d Data) load(out string, seed uint64) (*loaded, error) {
	l := &loaded{name: d.Name, forget: func() {}}
	if d.Points != nil {
		x := mat.NewDense(len(d.Points), 2, nil)
		for i, p := range d.Points {
			x.SetRow(i, p[:])
		}
		l.file = pack.CSV(x, d.Labels)
		l.path = filepath.ToSlash(filepath.Join(out, fmt.Sprintf("points-%.4x.csv", sha256.Sum256(l.file))))
		l.name = datasets.ProvidedName(l.path, d.Labels != nil)
		l.forget = datasets.Provide(l.path, x, d.Labels)
	}
	var err error
	if l.ds, err = datasets.ByName(l.name); err != nil {
		l.forget()
		return nil, err
	}
	l.box = registry.Box(l.ds)
	l.reach = pack.Wider(l.box)
	if p := l.ds.Plane(); p.Density != nil {
		l.density = pack.Density(p.Density, l.box, densitySide)
	}
	x, labels := l.shown(seed)
	l.points, l.labels = pack.Quantise(x, l.reach), labels
	l.truth = pack.Encode(l.points)
	return l, nil
}

// shown returns points of the true distribution on the plane, with labels where there are some.
func (l *loaded) shown(seed uint64) (*mat.Dense, []int) {
	rng := train.NewStream(seed, "shown").Rand
	if s, ok := l.ds.Sampler.(datasets.Labelled); ok {
		x, labels := s.SampleLabelled(truthShown, rng)
		return l.ds.Project(x), labels
	}
	n := truthShown
	if rows, ok := l.ds.Rows(); ok {
		all, _ := rows.Dims()
		n = min(n, all)
	}
	return l.ds.Project(l.ds.Fresh(n, rng)), nil
}
