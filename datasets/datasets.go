package datasets

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/suggest"
)

// Dataset is a named distribution: on the plane, or with a View of it.
type Dataset struct {
	Name    string
	Summary string           // one line: the definition with its parameters, and the source
	Sampler genlab.Sampler   // never nil; a Labelled where Labels is not nil
	Density genlab.LogProber // exact log density, nats, original coordinates; nil for file:PATH
	Entropy float64          // nats, to 1e-4; NaN for file:PATH
	Modes   ModeMap          // nil where the law has no notion of modes
	Labels  []string         // name of each part, in the order of the modes; nil where there are no parts

	// HighQuality is the probability that a draw lies within 3 sigma of its nearest mode:
	// what the truth itself scores, to 1e-4. NaN where Modes is nil or it is not known.
	HighQuality float64

	View View // nil where the points lie on the plane

	box       [4]float64
	projected *Dataset // what is seen on the plane; nil where that is the distribution itself
}

// Labelled is implemented by the laws with parts.
type Labelled interface {
	// SampleLabelled returns n draws (n x Dim) and the part each came from, an index into
	// Dataset.Labels. Sample draws the same rows from the same state of rng.
	SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int)
}

// ModeMap assigns points to the modes of a distribution.
type ModeMap interface {
	// Len returns the number of modes.
	Len() int
	// Nearest returns the mode nearest to (x, y), and whether the point lies within 3 sigma
	// of it (the rule by which papers count samples of high quality).
	Nearest(x, y float64) (mode int, within bool)
}

// ModeWeights returns the probability of each mode, in the order of Modes; nil where there
// are none. All laws of this package give their modes equal weight.
func (d *Dataset) ModeWeights() []float64 {
	if d.Modes == nil {
		return nil
	}
	w := make([]float64, d.Modes.Len())
	for i := range w {
		w[i] = 1 / float64(len(w))
	}
	return w
}

// Box returns the rectangle that a picture of the distribution shows. It holds at least
// 99.9 % of the mass.
func (d *Dataset) Box() (xmin, xmax, ymin, ymax float64) {
	return d.box[0], d.box[1], d.box[2], d.box[3]
}

// square is the box of half-width h around the origin.
func square(h float64) [4]float64 { return [4]float64{-h, h, -h, h} }

// table lists the distributions in the order in which All and Names give them. A new one is a
// file with its constructor and a line here.
var table = []func() *Dataset{
	eightGaussians,
	ring8,
	grid25,
	func() *Dataset { return Moons(moonsNoise) },
	circles,
	rings,
	checkerboard,
	pinwheel,
	swissroll,
	twoSpirals,
}

// more lists those that are no plain distribution of the plane, in the order of More.
var more = []func() *Dataset{captions, dots16, bounce}

// More returns the distributions that stand beside All: pictures and films, which have a View
// instead of a density, and captions. The caller owns the result.
func More() []*Dataset {
	list := make([]*Dataset, len(more))
	for i, make := range more {
		list[i] = make()
	}
	return list
}

// All returns every distribution of the plane that models are compared on, in the order of the table in the
// package's documentation. The caller owns the result.
func All() []*Dataset {
	all := make([]*Dataset, len(table))
	for i, make := range table {
		all[i] = make()
	}
	return all
}

// Names returns the names of All, in its order.
func Names() []string {
	names := make([]string, len(table))
	for i, d := range All() {
		names[i] = d.Name
	}
	return names
}

// FilePrefix begins the name of a data set read from a file.
const FilePrefix = "file:"

// ByName returns the distribution called name, one of All or More, the lift of another one for
// "lift64:NAME", or the points of a file for "file:PATH". An unknown name gives an
// *suggest.Error, which lists what there is.
func ByName(name string) (*Dataset, error) {
	if path, ok := strings.CutPrefix(name, FilePrefix); ok {
		return fromFile(path)
	}
	if base, ok := strings.CutPrefix(name, LiftPrefix); ok {
		return lifted(base)
	}
	var known []string
	for _, d := range append(All(), More()...) {
		if d.Name == name {
			return d, nil
		}
		known = append(known, d.Name)
	}
	return nil, suggest.Name("dataset", name, append(known, LiftPrefix+"NAME", FilePrefix+"PATH"))
}

// mustSample panics unless n draws can be made.
func mustSample(n int) {
	if n < 1 {
		panic(fmt.Sprintf("datasets: Sample of n = %d, want n >= 1", n))
	}
}
