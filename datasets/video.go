package datasets

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// VideoTolerance is what the measures of films forgive, in half sides of the box: a step of less has
// no direction, and a point so close to where a wall could have been touched has touched it.
const VideoTolerance = 0.01

// VideoMetrics is what films keep of the laws of Bounce, a value for each film. The laws are those of a
// point's coordinates one by one: between two walls each moves by the same step from frame to frame.
type VideoMetrics struct {
	// Outside is the share of the film's coordinates that are outside [−1, 1], by however little.
	Outside []float64
	// FarOutside is the share that is outside by more than VideoTolerance.
	FarOutside []float64
	// SpeedError is the mean of |s − median s|/median s over the steps s of a point, distances from a
	// frame to the next, and over the points. The simulator's own films are not at 0 but at the
	// discretisation floor: a point that meets a wall between two frames is folded back, and nearer
	// to where it was. A point that rests in most frames has an error of 1.
	SpeedError []float64
	// Reflections is the number of times that a coordinate is seen to turn: a step in one direction,
	// then one in the other. One that happens before the second frame or after the last but one can
	// go unseen.
	Reflections []float64
	// Faults is the number of turns in mid-air and of walls that turned nobody. Where a turn is, the
	// wall is at most half a step from the outermost frame. A coordinate that its last step would take
	// beyond a wall goes the other way in the step after the next.
	Faults []float64
}

// VideoMetric is one of the measures by its name; Better says which way is, empty for as the truth.
type VideoMetric struct {
	Name   string
	Values []float64 // of each film
	Better string
}

// Figures are the measures in the order of a table.
func (f VideoMetrics) List() []VideoMetric {
	return []VideoMetric{
		{"outside", f.Outside, "lower"}, {"far_outside", f.FarOutside, "lower"}, {"speed_error", f.SpeedError, "lower"},
		{"reflections", f.Reflections, ""}, {"faults", f.Faults, "lower"},
	}
}

// Judge measures films (n x the coordinates of Bounce's).
func (b Bounce) Measure(films mat.Matrix) VideoMetrics {
	n := mustHaveColumns("a film", films, b.Dim())
	f := VideoMetrics{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	row := make([]float64, b.Dim())
	for i := range n {
		mat.Row(row, i, films)
		for _, x := range row {
			if !(math.Abs(x) <= 1) { // a NaN is nowhere
				f.Outside[i] += 1 / float64(b.Dim())
			}
			if !(math.Abs(x) <= 1+VideoTolerance) {
				f.FarOutside[i] += 1 / float64(b.Dim())
			}
		}
		for j := 0; j < BounceWidth; j += 2 {
			f.SpeedError[i] += speedError(row[j:]) / (BounceWidth / 2)
		}
		for j := range BounceWidth {
			turns, faults := reflections(row[j:])
			f.Reflections[i] += float64(turns)
			f.Faults[i] += float64(faults)
		}
	}
	return f
}

// speedError is that of the point whose coordinates in the first frame begin the film.
func speedError(film []float64) float64 {
	var steps []float64
	for t := BounceWidth; t < len(film); t += BounceWidth {
		steps = append(steps, math.Hypot(film[t]-film[t-BounceWidth], film[t+1]-film[t+1-BounceWidth]))
	}
	sorted := slices.Sorted(slices.Values(steps))
	usual := sorted[len(sorted)/2]
	if usual == 0 {
		return 1
	}
	var sum float64
	for _, s := range steps {
		sum += math.Abs(s - usual)
	}
	return sum / usual / float64(len(steps))
}

// reflections counts the turns, and the faults, of the coordinate that begins the film.
func reflections(film []float64) (turns, faults int) {
	at := func(t int) float64 { return film[t*BounceWidth] }
	step := func(t int) float64 { return at(t+1) - at(t) } // from frame t
	const steps = BounceFrames - 1
	last := -1 // the last step that had a direction
	for t := range steps {
		if math.Abs(step(t)) < VideoTolerance {
			continue
		}
		if last >= 0 && step(last)*step(t) < 0 {
			turns++
			outermost := math.Copysign(1, step(last)) * at(last+1)
			reach := max(math.Abs(step(last)), math.Abs(step(t)))/2 + VideoTolerance
			if t > last+1 { // it took its time, and was further out in between
				reach += VideoTolerance * float64(t-last-1)
			}
			if outermost < 1-reach {
				faults++
			}
		}
		last = t
	}
	for t := 1; t < steps-1; t++ {
		before, after := step(t-1), step(t+1)
		if math.Abs(at(t)+before) > 1+VideoTolerance && at(t)*before > 0 && before*after > 0 && math.Abs(after) >= VideoTolerance {
			faults++
		}
	}
	return turns, faults
}

// Shuffled is films (n x the coordinates of Bounce's) whose frames are in an order of chance, each
// film's another: all frames are right, and no step is.
func (b Bounce) ShuffleFrames(films mat.Matrix, rng *rand.Rand) *mat.Dense {
	n := mustHaveColumns("a film", films, b.Dim())
	x := mat.NewDense(n, b.Dim(), nil)
	row := make([]float64, b.Dim())
	for i := range n {
		mat.Row(row, i, films)
		for t, from := range rng.Perm(BounceFrames) {
			copy(x.RawRowView(i)[t*BounceWidth:(t+1)*BounceWidth], row[from*BounceWidth:])
		}
	}
	return x
}
