package compare

import "genlab/lab/registry"

// NominalRate returns the training steps per second of a model at its default size on one core of the reference
// machine, and where they were measured. It fails with a usage error for a model whose rate was never measured.
func NominalRate(m registry.Model) (steps float64, source string, err error) {
	var r rates
	if err := r.loadReference(); err != nil {
		return 0, "", err
	}
	steps, err = r.of(string(equalSeconds), m)
	return steps, r.source(), err
}
