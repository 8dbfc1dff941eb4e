// Package recognition reads the caption of a picture of the data set captions, and finds the points that contradict one.
//
//	caption, ok := recognition.RecognizeCaption(x).Caption()
package recognition

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
)

// A picture of a caption is a set of points (n x 2). Recognition finds the caption from the points
// alone, without the distributions: their position on the grid, and the number of clusters.
const (
	// pictureLink is the cut of the single-linkage clustering: two standard deviations of a
	// component, and less than a third of the distance between two of them.
	pictureLink = 0.3
	// pictureShare is the minimum fraction of the points in a cluster, a quarter of what one of
	// three has.
	pictureShare = 1. / 12
	// pictureHome is the minimum fraction of the points in the cell of the picture.
	pictureHome = 0.9
)

// Recognition is the result of [RecognizeCaption].
type Recognition struct {
	Count    int     // number of clusters of sufficient size
	Cell     [2]int  // row and column of the cell of the mean; -1 or 3 outside the grid
	Home     float64 // fraction of the points in that cell
	Clusters []int   // cluster of each point, numbered from the largest, 0; -1 if it is too small
}

// RecognizeCaption clusters the points of a picture (n x 2, n >= 1). It panics on another width.
func RecognizeCaption(x mat.Matrix) Recognition {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("recognition: RecognizeCaption of %d columns, want 2", d))
	}
	r := Recognition{Clusters: linked(x, pictureLink)}
	var mean [2]float64
	for i := range n {
		mean[0] += x.At(i, 0) / float64(n)
		mean[1] += x.At(i, 1) / float64(n)
	}
	r.Cell = cellOf(mean[0], mean[1])
	var sizes []int
	for i, g := range r.Clusters {
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
	for i, g := range r.Clusters {
		r.Clusters[i] = rank[g]
	}
	return r
}

// Caption returns the recognised caption. ok is false unless there are one to three clusters and
// almost all points lie in one cell of the grid.
func (r Recognition) Caption() (datasets.Caption, bool) {
	ok := r.Count >= 1 && r.Count <= 3 && r.Home >= pictureHome
	for _, at := range r.Cell {
		ok = ok && at >= 0 && at < 3
	}
	return datasets.Caption{Count: r.Count - 1, Row: r.Cell[0], Column: r.Cell[1]}, ok
}

// cellOf returns the row and column of the cell of a point, in the order of the words.
func cellOf(x, y float64) [2]int {
	at := func(v float64) int { return int(min(3, max(-1, math.Round(v/datasets.CaptionCell)+1))) }
	return [2]int{at(-y), at(x)}
}

// linked returns the single-linkage cluster of each point: the connected components of the graph of
// all pairs at most step apart.
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

// Violations returns the rows of x that contradict a requested caption: the points outside its cell,
// those in no cluster, and those in clusters beyond its count, the smallest; all points if there are
// too few clusters. A true picture of the caption has few, and often none.
func (r Recognition) Violations(x mat.Matrix, asked datasets.Caption) (rows []int) {
	for i, g := range r.Clusters {
		at := cellOf(x.At(i, 0), x.At(i, 1))
		if r.Count < asked.Count+1 || g < 0 || g > asked.Count || at != [2]int{asked.Row, asked.Column} {
			rows = append(rows, i)
		}
	}
	return rows
}

// MaximumLikelihoodCaption returns the caption whose distribution, mixed with 1 % of a uniform one,
// gives a picture (n x 2) the highest likelihood: a second recogniser, which knows the
// distributions.
func MaximumLikelihoodCaption(x mat.Matrix) datasets.Caption {
	const stray, area = 0.01, 9 * datasets.CaptionCell * datasets.CaptionCell
	best, most := datasets.Caption{}, math.Inf(-1)
	for _, c := range datasets.Captions() {
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
