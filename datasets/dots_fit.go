package datasets

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// dotSteps bounds the Gauss-Newton steps of a fit, which come to rest within a few.
const dotSteps = 30

// OffManifold implements Manifold: the distance of each picture from the nearest one that Render
// makes of as many dots as the picture has light for, one to three, anywhere in it. It is found from
// the brightest places by Gauss-Newton steps, so it is an upper bound, and 0 of a draw.
func (d Dots) OffManifold(x mat.Matrix) []float64 {
	n := mustHaveColumns("a distance", x, d.Dim())
	far, picture := make([]float64, n), make([]float64, d.Dim())
	for i := range n {
		far[i] = d.fit(mat.Row(picture, i, x))
	}
	return far
}

// Count returns how many dots a picture has light for, 0 and more than 3 among it.
func (d Dots) Count(picture []float64) int {
	return int(math.Round(floats.Sum(picture) / (2 * math.Pi * dotRadius * dotRadius)))
}

// Read returns the label that each picture (n x DotsSide²) shows: by its light and its centre of
// gravity. One with light for none or for more than three has −1.
func (d Dots) Read(x mat.Matrix) []int {
	n := mustHaveColumns("a reading", x, d.Dim())
	plane, labels, picture := d.Project(x), make([]int, n), make([]float64, d.Dim())
	for i := range n {
		quadrant, _ := dotsModes{}.Nearest(plane.At(i, 0), plane.At(i, 1))
		labels[i] = -1
		if count := d.Count(mat.Row(picture, i, x)); count >= 1 && count <= 3 {
			labels[i] = (count-1)*len(quadrants) + quadrant
		}
	}
	return labels
}

// fit is the distance of one picture.
func (d Dots) fit(picture []float64) float64 {
	centres := d.brightest(picture, min(max(d.Count(picture), 1), 3))
	rest := make([]float64, len(picture))
	best := d.rest(rest, picture, centres)
	for range dotSteps {
		move, ok := d.step(rest, centres)
		if !ok {
			break
		}
		before := best
		for share := 1.; share > 1e-3; share /= 2 { // a whole step may go too far
			moved := make([][2]float64, len(centres))
			for c := range centres {
				for axis := range 2 {
					moved[c][axis] = min(max(centres[c][axis]+share*move.AtVec(2*c+axis), 0), DotsSide)
				}
			}
			if far := d.rest(rest, picture, moved); far < best {
				best, centres = far, moved
				break
			}
		}
		if before-best <= 1e-9*before {
			break
		}
	}
	return best
}

// step is the Gauss-Newton step of the centres towards what rest has left, and false where there is
// none.
func (d Dots) step(rest []float64, centres [][2]float64) (*mat.VecDense, bool) {
	k := 2 * len(centres)
	slopes := make([][DotsSide * DotsSide]float64, k)
	for c, centre := range centres {
		var across, down [DotsSide]float64
		for i := range DotsSide {
			across[i], down[i] = soft(float64(i)+.5-centre[0]), soft(float64(i)+.5-centre[1])
		}
		for p := range rest {
			i, j := p%DotsSide, p/DotsSide
			v := across[i] * down[j] / (dotRadius * dotRadius)
			slopes[2*c][p] = v * (float64(i) + .5 - centre[0])
			slopes[2*c+1][p] = v * (float64(j) + .5 - centre[1])
		}
	}
	normal, right := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			normal.SetSym(a, b, floats.Dot(slopes[a][:], slopes[b][:]))
		}
		normal.SetSym(a, a, normal.At(a, a)*(1+1e-9)+1e-12) // two dots in one place have one slope
		right.SetVec(a, floats.Dot(slopes[a][:], rest))
	}
	var cholesky mat.Cholesky
	var move mat.VecDense
	if !cholesky.Factorize(normal) || cholesky.SolveVecTo(&move, right) != nil {
		return nil, false
	}
	return &move, true
}

// rest writes a picture less that of the centres, and returns its length.
func (d Dots) rest(dst, picture []float64, centres [][2]float64) float64 {
	d.Render(dst, centres)
	floats.SubTo(dst, picture, dst)
	return floats.Norm(dst, 2)
}

// pixelDots are the pictures of one dot in the middle of each pixel, a row for each.
var pixelDots = sync.OnceValue(func() *mat.Dense {
	all := mat.NewDense(DotsSide*DotsSide, DotsSide*DotsSide, nil)
	for p := range DotsSide * DotsSide {
		Dots{}.Render(all.RawRowView(p), [][2]float64{pixel(p)})
	}
	return all
})

// pixel is the middle of pixel p.
func pixel(p int) [2]float64 { return [2]float64{float64(p%DotsSide) + .5, float64(p/DotsSide) + .5} }

// brightest takes dots out of a picture one after the other, each from the pixel where it removes
// most.
func (d Dots) brightest(picture []float64, count int) (centres [][2]float64) {
	left := mat.NewVecDense(len(picture), append([]float64(nil), picture...))
	all := pixelDots()
	var gain mat.VecDense
	for range count {
		gain.MulVec(all, left)
		for p := range picture {
			gain.SetVec(p, 2*gain.AtVec(p)-floats.Dot(all.RawRowView(p), all.RawRowView(p)))
		}
		p := floats.MaxIdx(gain.RawVector().Data)
		centres = append(centres, pixel(p))
		left.SubVec(left, all.RowView(p))
	}
	return centres
}
