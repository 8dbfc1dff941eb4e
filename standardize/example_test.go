package standardize_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

// Fit on data, train a model on standardised coordinates, and map its samples back. The Jacobian
// of the map turns a density of z into one of x.
func ExampleFit() {
	data := mat.NewDense(4, 2, []float64{0, 10, 2, 10, 0, 30, 2, 30})
	m, err := standardize.Fit(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	z := mat.DenseCopyOf(data)
	m.FromData(z)
	fmt.Printf("%.2f\n", mat.Formatted(z))
	m.ToData(z)
	fmt.Println(mat.EqualApprox(z, data, 1e-6))
	fmt.Printf("log p(x) = log p(z) - %.3f nats\n", m.LogScale())

	_, err = standardize.Fit(mat.NewDense(2, 1, []float64{3, 3}))
	fmt.Println(err)
	// Output:
	// ⎡-0.87  -0.87⎤
	// ⎢ 0.87  -0.87⎥
	// ⎢-0.87   0.87⎥
	// ⎣ 0.87   0.87⎦
	// true
	// log p(x) = log p(z) - 2.590 nats
	// standardize: column 1 of 2 points is constant, 3: the data does not vary along that axis
}
