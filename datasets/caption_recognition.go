package datasets

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// A picture of a caption is some points (n x 2), drawn for it. What is read in one is the
// caption without its law: where the points are, and into how many groups they fall.
const (
	captionCell = 2.5 // side of a cell of the grid of three by three

	// pictureLink is the distance within which points are of one group: two standard deviations of a
	// point of the laws, and less than a third of the way from one such point to the next.
	pictureLink = 0.3
	// pictureShare is the least share of a group that counts, a quarter of what one of three has.
	pictureShare = 1. / 12
	// pictureHome is the least share of the points that lie in the cell of the picture.
	pictureHome = 0.9
)

// Recognition is what is read in a picture.
type Recognition struct {
	Count  int     // of the groups that are large enough to count
	Cell   [2]int  // row and column of the cell that the mean lies in; -1 or 3 beyond the grid
	Home   float64 // share of the points that lie in that cell
	Groups []int   // of each point, from the largest, 0; of one that belongs to no group that counts, -1
}

// RecognizeCaption reads a picture (n x 2, n at least 1).
func RecognizeCaption(x mat.Matrix) Recognition {
	n := mustHaveColumns("RecognizeCaption", x, 2)
	r := Recognition{Groups: linked(x, pictureLink)}
	var mean [2]float64
	for i := range n {
		mean[0] += x.At(i, 0) / float64(n)
		mean[1] += x.At(i, 1) / float64(n)
	}
	r.Cell = cellOf(mean[0], mean[1])
	var sizes []int
	for i, g := range r.Groups {
		if cellOf(x.At(i, 0), x.At(i, 1)) == r.Cell {
			r.Home += 1 / float64(n)
		}
		for len(sizes) <= g {
			sizes = append(sizes, 0)
		}
		sizes[g]++
	}
	rank := make([]int, len(sizes))
	for g, size := range sizes {
		rank[g] = -1
		if float64(size) < pictureShare*float64(n) {
			continue
		}
		r.Count++
		rank[g] = 0
		for h, other := range sizes {
			if other > size || other == size && h < g {
				rank[g]++
			}
		}
	}
	for i, g := range r.Groups {
		r.Groups[i] = rank[g]
	}
	return r
}

// Caption is the caption that the picture shows, and whether it shows one: one to three groups, and
// almost all points in one cell of the grid.
func (r Recognition) Caption() (Caption, bool) {
	ok := r.Count >= 1 && r.Count <= len(captionWords[0]) && r.Home >= pictureHome
	for _, at := range r.Cell {
		ok = ok && at >= 0 && at < 3
	}
	return Caption{r.Count - 1, r.Cell[0], r.Cell[1]}, ok
}

// cellOf is the row and column of the cell of a point, in the words' order.
func cellOf(x, y float64) [2]int {
	at := func(v float64) int { return int(min(3, max(-1, math.Round(v/captionCell)+1))) }
	return [2]int{at(-y), at(x)}
}

// linked numbers the groups of points that are joined by steps of at most a length.
func linked(x mat.Matrix, step float64) []int {
	n, _ := x.Dims()
	group := make([]int, n)
	for i := range group {
		group[i] = -1
	}
	next := 0
	for i := range group {
		if group[i] >= 0 {
			continue
		}
		group[i] = next
		for reached := []int{i}; len(reached) > 0; {
			at := reached[len(reached)-1]
			reached = reached[:len(reached)-1]
			for j, g := range group {
				if g < 0 && math.Hypot(x.At(at, 0)-x.At(j, 0), x.At(at, 1)-x.At(j, 1)) <= step {
					group[j] = next
					reached = append(reached, j)
				}
			}
		}
		next++
	}
	return group
}

// Misfits are the points that are none of what was asked for, by the words alone: those outside the
// cell, those of no group that counts, and those of groups beyond the count, the smallest; all
// points where there are fewer groups. A picture of the caption has few, and often none.
func (r Recognition) Violations(x mat.Matrix, asked Caption) (rows []int) {
	for i, g := range r.Groups {
		at := cellOf(x.At(i, 0), x.At(i, 1))
		if r.Count < asked.Count+1 || g < 0 || g > asked.Count || at != [2]int{asked.Row, asked.Column} {
			rows = append(rows, i)
		}
	}
	return rows
}

// MaximumLikelihoodCaption is the caption under whose law a picture is likeliest, where a point in a hundred may
// lie anywhere: another reader, which knows the laws.
func MaximumLikelihoodCaption(x mat.Matrix) Caption {
	const stray, area = 0.01, 9 * captionCell * captionCell
	best, most := Caption{}, math.Inf(-1)
	for _, c := range Captions() {
		var sum float64
		for _, l := range c.Distribution().LogProb(x) {
			sum += math.Log((1-stray)*math.Exp(l) + stray/area)
		}
		if sum > most {
			best, most = c, sum
		}
	}
	return best
}
