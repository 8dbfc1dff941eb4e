package compare

import (
	"fmt"
	"slices"
)

// coordinates is the number of coordinates of a point of the i-th data set.
func (p Plan) coordinates(i int) int {
	if p.Coordinates == nil {
		return 2
	}
	return p.Coordinates[i]
}

// views says whether there is data of more than two coordinates.
func (p Plan) views() bool {
	return slices.ContainsFunc(p.Coordinates, func(d int) bool { return d > 2 })
}

// Statistics says what stands behind ±, and what is marked.
func (p Plan) Statistics() string {
	s := "± is the half width of a 95 % interval "
	switch {
	case p.Seeds == 1:
		s += "of the evaluation of one seed: it says nothing about other seeds"
	case p.Seeds < 5:
		s += fmt.Sprintf("over only %d seeds (Student's t); five or more are advisable", p.Seeds)
	default:
		s += fmt.Sprintf("over %d seeds (Student's t)", p.Seeds)
	}
	return s + ". The best of the trained models is marked only where its interval parts from every other's."
}

// Fairness says what was kept equal.
func (p Plan) Fairness() string {
	more := ""
	if p.views() {
		more = " Where points have more than two coordinates, a step is taken to last longer as the parameters are more."
	}
	switch {
	case p.Smoke:
		return "A smoke run: tiny models and a few hundred steps, to show that all works. The figures mean nothing."
	case p.Equal == "params":
		return fmt.Sprintf("Equal parameters (within 5 %%) and the same number of training points for every model; the budget of %g s of one core is their mean.", p.Budget) + more
	}
	return fmt.Sprintf("Equal training time: every model at its own default size takes the steps that %g s of one core hold at its nominal rate (%s); the seconds that it took are in the table.", p.Budget, p.Rates) + more
}

// intro says what was learnt, and what it is scored by.
func (p Plan) intro() string {
	if !p.views() {
		return "Each model learns the same distributions of the plane from fresh points, and is scored against their exact densities by one code."
	}
	return "Each model learns the same distributions from fresh points, and is scored by one code: by densities of the points themselves, and where these have more than two coordinates by what is seen of their samples on the plane."
}
