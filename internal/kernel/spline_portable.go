package kernel

import "math"

// forward is SplineForward in plain Go; a shared spline's shares are there.
func (s *Spline[T]) forward(shared bool, n int, x, theta, share, rows, y, slope []T) {
	c, k, step := &s.constants, s.bins, pitch(n)
	rowTheta, rowShare, next := n, step, 1
	if shared {
		rowTheta, rowShare, next = 1, 1, 0
	}
	for e, v := range x[:n] {
		theta, share := theta[e*next:], share[e*next:]
		if !shared {
			softmaxColumns(2, k, rowTheta, rowShare, theta, share)
		}
		row := func(i int) *T { return &rows[i*step+e] }
		if !(v > -c[splineBound] && v < c[splineBound]) {
			*row(keptBin), y[e], slope[e] = -1, v, 0
			continue
		}
		rest := v*c[splineInverse] + 0.5 // distance to the lower end of bin j, as a share of the interval
		var belowW, belowH T
		j := 0
		for ; j < k-1; j++ {
			width := c[splineMinW] + c[splineFreeW]*share[j*rowShare]
			if !(width <= rest) {
				break
			}
			rest -= width
			belowW, belowH = belowW+share[j*rowShare], belowH+share[(k+j)*rowShare]
		}
		shareW, shareH := share[j*rowShare], share[(k+j)*rowShare]
		d0, dd0, d1, dd1 := T(1), T(0), T(1), T(0)
		if j > 0 {
			d0, dd0 = s.slope(theta[(2*k+j-1)*rowTheta])
		}
		if j < k-1 {
			d1, dd1 = s.slope(theta[(2*k+j)*rowTheta])
		}
		width, height := c[splineMinW]+c[splineFreeW]*shareW, c[splineMinH]+c[splineFreeH]*shareH
		xi := min(rest/width, 1)
		mean, q, r := height/width, xi*(1-xi), 1-xi
		den := mean + (d1+d0-2*mean)*q
		low := T(j)*c[splineMinH] + c[splineFreeH]*belowH
		y[e] = c[splineRange]*(low+height*(mean*xi*xi+d0*q)/den) - c[splineBound]
		slope[e] = T(math.Log(float64(mean * mean * (d1*xi*xi + 2*mean*q + d0*r*r) / (den * den))))
		for i, v := range [keptRows]T{T(j), xi, shareW, shareH, belowW, belowH, d0, d1, dd0, dd1} {
			*row(i) = v
		}
	}
}

// slope returns a slope and its derivative with respect to its parameter.
func (s *Spline[T]) slope(theta T) (d, dd T) {
	y, dy := Softplus.eval(float64(theta + s.constants[splineShift]))
	return s.constants[splineMinSlope] + T(y), T(dy)
}

// softmaxColumns is Softmax of the first column of each of some blocks of k rows.
func softmaxColumns[T Float](blocks, k, rowX, rowY int, x, y []T) {
	for b := range blocks {
		x, y := x[b*k*rowX:], y[b*k*rowY:]
		top, sum := x[0], T(0)
		for j := range k {
			top = max(top, x[j*rowX])
		}
		for j := range k {
			e := T(math.Exp(float64(x[j*rowX] - top)))
			y[j*rowY] = e
			sum += e
		}
		for j := range k {
			y[j*rowY] /= sum
		}
	}
}

// backward is SplineBackward in plain Go; a shared spline's gradient is in the first of maxLanes
// columns, that at widths and heights without the share.
func (s *Spline[T]) backward(shared bool, n int, share, rows, gy, gslope, dx, dtheta []T) {
	c, k, step := &s.constants, s.bins, pitch(n)
	for e := range n {
		row := func(i int) T { return rows[i*step+e] }
		bin := int(row(keptBin))
		if bin < 0 {
			dx[e] = gy[e]
			if !shared {
				for j := range s.Params() {
					dtheta[j*n+e] = 0
				}
			}
			continue
		}
		xi, d0, d1 := row(keptXi), row(keptD0), row(keptD1)
		width, height := c[splineMinW]+c[splineFreeW]*row(keptW), c[splineMinH]+c[splineFreeH]*row(keptH)
		mean, q, r := height/width, xi*(1-xi), 1-xi
		turn, middle := d1+d0-2*mean, 1-2*xi
		den := mean + turn*q
		num, top := mean*xi*xi+d0*q, d1*xi*xi+2*mean*q+d0*r*r
		// The gradients at num, top and den, of the image h num/den and the slope mean² top/den².
		atNum := gy[e] * c[splineRange] * height / den
		atTop := gslope[e] / top
		atXi := atNum*mean*top/den + 2*(d1*xi+mean*middle-d0*r)*atTop - 2*turn*middle*gslope[e]/den
		atDen := -atNum*num/den - 2*gslope[e]/den
		atMean := xi*xi*atNum + 2*q*atTop + (1-2*q)*atDen + 2*gslope[e]/mean
		atD0 := (q*(atNum+atDen) + r*r*atTop) * row(keptDD0)
		atD1 := (q*atDen + xi*xi*atTop) * row(keptDD1)
		dx[e] = atXi / width * c[splineInverse]
		w := binGradient[T]{-c[splineFreeW] * atXi / width, -c[splineFreeW] * (atMean*mean + atXi*xi) / width}
		h := binGradient[T]{c[splineFreeH] * gy[e] * c[splineRange], c[splineFreeH] * (atMean/width + gy[e]*c[splineRange]*num/den)}
		if shared {
			w.addTo(dtheta, k, bin, row(keptBelowW), row(keptW))
			h.addTo(dtheta[k*maxLanes:], k, bin, row(keptBelowH), row(keptH))
			if bin > 0 {
				dtheta[(2*k+bin-1)*maxLanes] += atD0
			}
			if bin < k-1 {
				dtheta[(2*k+bin)*maxLanes] += atD1
			}
			continue
		}
		w.put(dtheta[e:], n, share[e:], step, k, bin, row(keptBelowW), row(keptW))
		h.put(dtheta[k*n+e:], n, share[k*step+e:], step, k, bin, row(keptBelowH), row(keptH))
		for j := range k - 1 {
			dtheta[(2*k+j)*n+e] = 0
		}
		if bin > 0 {
			dtheta[(2*k+bin-1)*n+e] = atD0
		}
		if bin < k-1 {
			dtheta[(2*k+bin)*n+e] = atD1
		}
	}
}

// binGradient is the gradient at the share of each bin before an element's, and at the share of its own.
type binGradient[T Float] struct{ before, here T }

// at returns the gradient at bin j, less that of the shares' sum, which is 1.
func (g binGradient[T]) at(j, bin int, dot T) T {
	switch {
	case j < bin:
		return g.before - dot
	case j == bin:
		return g.here - dot
	}
	return -dot
}

// put writes the gradient at the softmax's arguments.
func (g binGradient[T]) put(to []T, rowTo int, share []T, rowShare, k, bin int, below, this T) {
	dot := g.before*below + g.here*this
	for j := range k {
		to[j*rowTo] = share[j*rowShare] * g.at(j, bin, dot)
	}
}

func (g binGradient[T]) addTo(sums []T, k, bin int, below, this T) {
	dot := g.before*below + g.here*this
	for j := range k {
		sums[j*maxLanes] += g.at(j, bin, dot)
	}
}
