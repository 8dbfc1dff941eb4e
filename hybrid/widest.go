package hybrid

// widest is the greatest width, from one that is not too wide, with at most so many parameters.
func widest(from, most int, params func(width int) (int, error)) (int, error) {
	lo, hi := from, 64*from // lo is not too wide
	for hi-lo > 1 {
		middle := (lo + hi) / 2
		n, err := params(middle)
		if err != nil {
			return 0, err
		}
		if n > most {
			hi = middle
		} else {
			lo = middle
		}
	}
	return lo, nil
}
