package datasets

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/suggest"
)

// Dataset is a named distribution. Its points have two coordinates, or those of its View.
type Dataset struct {
	Name    string
	Summary string           // one line: definition, parameters, source
	Note    string           // one line: what was read from a file, "" for other data
	Sampler genlab.Sampler   // never nil; a Labelled if Labels is not nil
	Density genlab.LogProber // exact log density, nats, original coordinates; nil if it is not known
	Entropy float64          // nats, to 1e-4; NaN if it is not known
	Modes   ModeMap          // nil if the distribution has no modes
	Labels  []string         // name of each component, in the order of the modes; nil if there are none

	// HighQuality is the probability that a sample lies within 3 sigma of its nearest mode, to
	// 1e-4: the score of the true distribution. NaN if Modes is nil or the value is not known.
	HighQuality float64

	View View // nil if the points lie on the plane

	box       [4]float64
	projected *Dataset // distribution of the projected points; nil if View is
}

// Labelled is implemented by the samplers of distributions with components (classes).
type Labelled interface {
	// SampleLabelled returns n samples (n x Dim) and the component of each, an index into
	// Dataset.Labels. From the same state of rng, Sample returns the same rows.
	SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int)
}

// ModeMap assigns points to the modes of a distribution.
type ModeMap interface {
	// Len returns the number of modes.
	Len() int
	// Nearest returns the mode nearest to (x, y), and whether the point is within 3 sigma of it,
	// by which papers count high-quality samples.
	Nearest(x, y float64) (mode int, within bool)
}

// family is a distribution on the plane whose components are its modes.
type family interface {
	genlab.Sampler
	genlab.LogProber
	Labelled
	ModeMap
}

// planar returns the data set of a family; label names its components, nil for none.
func planar(name, summary string, f family, label func(k int) string, entropy, highQuality float64, box [4]float64) *Dataset {
	d := &Dataset{
		Name: name, Summary: summary, Sampler: f, Density: f, Modes: f,
		Entropy: entropy, HighQuality: highQuality, box: box,
	}
	for k := 0; label != nil && k < f.Len(); k++ {
		d.Labels = append(d.Labels, label(k))
	}
	return d
}

// ModeWeights returns the probability of each mode, in the order of Modes; nil if there are none.
// All distributions of this package give their modes equal weight.
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

// Box returns the rectangle of the plane that plots should show. It holds at least 99.9 % of the
// probability mass.
func (d *Dataset) Box() (xmin, xmax, ymin, ymax float64) {
	return d.box[0], d.box[1], d.box[2], d.box[3]
}

// square returns the box of half-width h around the origin.
func square(h float64) [4]float64 { return [4]float64{-h, h, -h, h} }

// planarSets lists the constructors of All, in order. A new distribution is a file with its constructor
// and a line here.
var planarSets = []func() *Dataset{
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

// More returns the named data sets that are not in [All]: captions, whose labels are prompts, and
// images and videos, which have a View but no density. The caller owns the result.
func More() []*Dataset { return made([]func() *Dataset{captions, dots16, bounce}) }

// All returns the distributions on the plane that models are compared on, each with a density and
// modes, in the order of the package's documentation. The caller owns the result.
func All() []*Dataset { return made(planarSets) }

func made(constructors []func() *Dataset) (all []*Dataset) {
	for _, construct := range constructors {
		all = append(all, construct())
	}
	return all
}

// Names returns the names of [All], in its order.
func Names() (names []string) {
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// FilePrefix begins the name of a data set that is read from a file.
const FilePrefix = "file:"

// ByName returns a data set: one of [All] or [More] by its name, the [Lift] of one for "lift64:NAME",
// the points of a file for "file:PATH", also of some of its columns ("file:PATH?x=A&y=B&label=C"). It
// fails with the errors of [ReadPoints], and for an unknown name with one that lists the valid names.
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
	return nil, unknown("dataset", name, append(known, LiftPrefix+"NAME", FilePrefix+"PATH"))
}

// unknown returns the error for an unknown name, which suggests "file:NAME" where that is a file.
func unknown(kind, name string, known []string) error {
	e := &suggest.Error{Kind: kind, Name: name, Known: known}
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		e.Meant = FilePrefix + name
	}
	return e
}

// sampleComponents returns n points and their components: a uniform component, then its point.
func sampleComponents(n, components int, rng *rand.Rand, point func(k int) (x, y float64)) (x *mat.Dense, labels []int) {
	mustSample(n)
	x, labels = mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		labels[i] = rng.IntN(components)
		px, py := point(labels[i])
		row := x.RawRowView(i)
		row[0], row[1] = px, py
	}
	return x, labels
}

// mustSample panics if n < 1.
func mustSample(n int) {
	if n < 1 {
		panic(fmt.Sprintf("datasets: Sample of n = %d, want n >= 1", n))
	}
}
