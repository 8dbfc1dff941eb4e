package datasets

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// VideoTolerance is the tolerance of the metrics of videos, in half sides of the box: a shorter step
// has no direction, and a point this close to a possible wall contact has touched the wall.
const VideoTolerance = 0.01

// VideoMetrics measures how well videos obey the physics of [Bounce], with a value for each video.
// All but SpeedError are about single coordinates, each of which moves by a constant step from
// frame to frame between two reflections.
type VideoMetrics struct {
	// Outside is the fraction of the coordinates outside [−1, 1].
	Outside []float64
	// FarOutside is the fraction of the coordinates outside by more than VideoTolerance.
	FarOutside []float64
	// SpeedError is the mean of |s − median s|/median s over the steps s of a point, the distances
	// between consecutive frames, and over the points. The simulator's own videos do not score 0
	// but the discretisation floor: a reflection between two frames shortens the step. A point at
	// rest in most frames scores 1.
	SpeedError []float64
	// Reflections is the number of sign changes between the steps of a coordinate. One before the
	// second frame or after the last but one can go undetected.
	Reflections []float64
	// Faults is the number of reflections away from a wall and of walls that were passed. At a
	// reflection the wall is at most half a step from the outermost frame; a coordinate whose
	// last step would cross a wall must move the other way in the step after the next.
	Faults []float64
}

// VideoMetric is one of the metrics by name. Better is "lower", or "" where the value of the true
// distribution is best.
type VideoMetric struct {
	Name   string
	Values []float64 // one for each video
	Better string
}

// List returns the metrics by name, in the order of a table.
func (f VideoMetrics) List() []VideoMetric {
	return []VideoMetric{
		{"outside", f.Outside, "lower"}, {"far_outside", f.FarOutside, "lower"}, {"speed_error", f.SpeedError, "lower"},
		{"reflections", f.Reflections, ""}, {"faults", f.Faults, "lower"},
	}
}

// Measure returns the metrics of videos (n x Dim). It panics on another width.
func (b Bounce) Measure(videos mat.Matrix) VideoMetrics {
	n := mustHaveColumns("Measure", videos, b.Dim())
	f := VideoMetrics{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	row := make([]float64, b.Dim())
	for i := range n {
		mat.Row(row, i, videos)
		for _, x := range row {
			if !(math.Abs(x) <= 1) { // also true for a NaN
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

// speedError returns the speed error of the point whose coordinates in the first frame begin video.
func speedError(video []float64) float64 {
	var steps []float64
	for t := BounceWidth; t < len(video); t += BounceWidth {
		steps = append(steps, math.Hypot(video[t]-video[t-BounceWidth], video[t+1]-video[t+1-BounceWidth]))
	}
	sorted := slices.Sorted(slices.Values(steps))
	median := sorted[len(sorted)/2]
	if median == 0 {
		return 1
	}
	var sum float64
	for _, s := range steps {
		sum += math.Abs(s - median)
	}
	return sum / median / float64(len(steps))
}

// reflections counts the reflections and the faults of the coordinate that begins video.
func reflections(video []float64) (turns, faults int) {
	at := func(t int) float64 { return video[t*BounceWidth] }
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
			if t > last+1 { // it was at rest meanwhile, and possibly further out
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

// ShuffleFrames returns a copy of videos (n x Dim) with the frames of each in random order: every
// frame is valid, no step is. It panics on another width.
func (b Bounce) ShuffleFrames(videos mat.Matrix, rng *rand.Rand) *mat.Dense {
	n := mustHaveColumns("ShuffleFrames", videos, b.Dim())
	x := mat.NewDense(n, b.Dim(), nil)
	row := make([]float64, b.Dim())
	for i := range n {
		mat.Row(row, i, videos)
		for t, from := range rng.Perm(BounceFrames) {
			copy(x.RawRowView(i)[t*BounceWidth:(t+1)*BounceWidth], row[from*BounceWidth:])
		}
	}
	return x
}
