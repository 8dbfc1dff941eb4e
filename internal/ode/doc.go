// Package ode integrates ordinary differential equations dx/dt = f(x, t) of many rows at once, by explicit
// Runge-Kutta methods with fixed steps ([Method.Stepper]) or with steps that are adapted to each row
// ([Adaptive]).
//
// Not guaranteed: that a stiff equation is solved in a reasonable number of steps.
package ode

import "gonum.org/v1/gonum/mat"

// Field computes dx/dt. It writes the derivatives at the rows of x (n x d), each at its own time in t (n values), to
// dst (n x d), which is not x.
type Field func(dst, x *mat.Dense, t []float64)
