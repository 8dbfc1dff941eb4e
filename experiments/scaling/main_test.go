package main

import (
	"math"
	"testing"
)

// TestExponent: the fit returns the exponent of a power law and where a constant cost ends.
func TestExponent(t *testing.T) {
	c := curve{Points: make([]point, 8)}
	for i := range c.Points {
		x := math.Pow(2, float64(i))
		c.Points[i] = point{X: x, Seconds: max(16, x*x)}
	}
	if e := c.exponent(); math.Abs(e-2) > 1e-12 {
		t.Errorf("exponent %v of a square", e)
	}
	if b := c.bend(); b != 4 {
		t.Errorf("a square above 16 bends at %v", b)
	}
}

// TestSweeps: every kind of work runs at its smallest size.
func TestSweeps(t *testing.T) {
	for _, s := range sweeps() {
		call, err := s.work(s.sizes[0])
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		call()
	}
}
