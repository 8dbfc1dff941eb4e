package datasets

// Values without a closed form: the entropy −∫ p log p in nats, and the probability of lying within
// 3 sigma of the nearest mode, both by quadrature on the plane. The tests recompute them by
// quadrature and as means over samples.
const (
	eightGaussiansEntropy     = 2.83188 // 2.83819 but for the overlap
	eightGaussiansHighQuality = 0.99009 // 0.98889 but for the overlap
	moonsEntropy              = 0.28923
	moonsHighQuality          = 0.99726
	circlesEntropy            = 3.26814
	circlesHighQuality        = 0.99797
	ringsEntropy              = 2.62318
	ringsHighQuality          = 0.99731
	pinwheelEntropy           = 2.31779
	pinwheelHighQuality       = 0.99021
	swissrollEntropy          = 2.66965
	swissrollHighQuality      = 0.99775
	twoSpiralsEntropy         = 2.64545
	twoSpiralsHighQuality     = 0.99754
	captionsEntropy           = 2.54602
)
