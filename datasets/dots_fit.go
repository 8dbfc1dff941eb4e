package datasets

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// dotSteps bounds the Gauss-Newton iterations of a fit, which converges within a few.
const dotSteps = 30

// OffManifold implements [Manifold]: the Euclidean distance of each image (n x DotsSide²) from the
// nearest rendering of dots anywhere, one to three, as many as match the total brightness. It is a
// local minimum found by Gauss-Newton from a greedy start, so an upper bound, and 0 for samples.
func (d Dots) OffManifold(x mat.Matrix) []float64 {
	n := mustHaveColumns("OffManifold", x, d.Dim())
	far, image := make([]float64, n), make([]float64, d.Dim())
	for i := range n {
		far[i] = d.fit(mat.Row(image, i, x))
	}
	return far
}

// Count returns the number of dots that match the total brightness of an image; any integer.
func (d Dots) Count(image []float64) int {
	return int(math.Round(floats.Sum(image) / (2 * math.Pi * dotRadius * dotRadius)))
}

// Classify returns the label of each image (n x DotsSide²), by its total brightness and its centroid;
// −1 if the brightness is not that of one to three dots. It panics on another width.
func (d Dots) Classify(x mat.Matrix) []int {
	n := mustHaveColumns("Classify", x, d.Dim())
	plane, labels, image := d.Project(x), make([]int, n), make([]float64, d.Dim())
	for i := range n {
		quadrant, _ := dotsModes{}.Nearest(plane.At(i, 0), plane.At(i, 1))
		labels[i] = -1
		if count := d.Count(mat.Row(image, i, x)); count >= 1 && count <= 3 {
			labels[i] = (count-1)*len(quadrants) + quadrant
		}
	}
	return labels
}

// fit returns the distance of one image.
func (d Dots) fit(image []float64) float64 {
	centres := d.brightest(image, min(max(d.Count(image), 1), 3))
	residual := make([]float64, len(image))
	best := d.residual(residual, image, centres)
	for range dotSteps {
		move, ok := d.step(residual, centres)
		if !ok {
			return best
		}
		before := best
		for share := 1.; share > 1e-3; share /= 2 { // backtracking line search
			moved := make([][2]float64, len(centres))
			for c := range centres {
				for axis := range 2 {
					moved[c][axis] = min(max(centres[c][axis]+share*move.AtVec(2*c+axis), 0), DotsSide)
				}
			}
			if far := d.residual(residual, image, moved); far < best {
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

// step returns the Gauss-Newton step of the centres for a residual, and false if it is not defined.
func (d Dots) step(residual []float64, centres [][2]float64) (*mat.VecDense, bool) {
	k := 2 * len(centres)
	slopes := make([][DotsSide * DotsSide]float64, k)
	for c, centre := range centres {
		var across, down [DotsSide]float64
		for i := range DotsSide {
			across[i], down[i] = soft(float64(i)+.5-centre[0]), soft(float64(i)+.5-centre[1])
		}
		for p := range residual {
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
		normal.SetSym(a, a, normal.At(a, a)*(1+1e-9)+1e-12) // singular if two dots coincide
		right.SetVec(a, floats.Dot(slopes[a][:], residual))
	}
	var cholesky mat.Cholesky
	var move mat.VecDense
	if !cholesky.Factorize(normal) || cholesky.SolveVecTo(&move, right) != nil {
		return nil, false
	}
	return &move, true
}

// residual writes an image minus the rendering of the centres, and returns its norm.
func (d Dots) residual(dst, image []float64, centres [][2]float64) float64 {
	d.Render(dst, centres)
	floats.SubTo(dst, image, dst)
	return floats.Norm(dst, 2)
}

// pixelDots returns the images of one dot at the centre of each pixel, a row for each.
var pixelDots = sync.OnceValue(func() *mat.Dense {
	all := mat.NewDense(DotsSide*DotsSide, DotsSide*DotsSide, nil)
	for p := range DotsSide * DotsSide {
		Dots{}.Render(all.RawRowView(p), [][2]float64{pixel(p)})
	}
	return all
})

// pixel returns the centre of pixel p.
func pixel(p int) [2]float64 { return [2]float64{float64(p%DotsSide) + .5, float64(p/DotsSide) + .5} }

// brightest subtracts dots from an image greedily, each at the pixel where it reduces the norm most.
func (d Dots) brightest(image []float64, count int) (centres [][2]float64) {
	left := mat.NewVecDense(len(image), append([]float64(nil), image...))
	all := pixelDots()
	var gain mat.VecDense
	for range count {
		gain.MulVec(all, left)
		for p := range image {
			gain.SetVec(p, 2*gain.AtVec(p)-floats.Dot(all.RawRowView(p), all.RawRowView(p)))
		}
		p := floats.MaxIdx(gain.RawVector().Data)
		centres = append(centres, pixel(p))
		left.SubVec(left, all.RowView(p))
	}
	return centres
}
