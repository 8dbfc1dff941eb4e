package metrics

// leafPoints is the largest number of points in a leaf of a kdTree: a scan of so many costs as much as a level of
// the tree.
const leafPoints = 12

// kdTree finds the points of a sample near a place [bentley1975]. Each node halves its points along the longest side
// of their bounding box. Distances, and the bounds that parts of the tree are skipped by, are computed with the same
// roundings, so that the points found are those of a loop over all.
type kdTree struct {
	points coordinates // reordered: those of a node are consecutive
	row    []int       // row in the sample of each point
	nodes  []kdNode    // the root first; nil without points
	boxes  []float64   // of each node the least and the largest value of each coordinate in turn
}

// kdNode has the points [lo, hi), in its children unless right is 0. Its left child follows it.
type kdNode struct{ lo, hi, right int }

func newTree(c coordinates) *kdTree {
	n := c.len()
	t := &kdTree{row: make([]int, n), points: make(coordinates, len(c))}
	for i := range t.row {
		t.row[i] = i
	}
	if n > 0 {
		t.grow(c, 0, n)
	}
	for k, v := range c {
		t.points[k] = make([]float64, n)
		for i, r := range t.row {
			t.points[k][i] = v[r]
		}
	}
	return t
}

// grow appends the node of the points [lo, hi) and its descendants.
func (t *kdTree) grow(c coordinates, lo, hi int) {
	at := len(t.nodes)
	t.nodes = append(t.nodes, kdNode{lo: lo, hi: hi})
	longest, side := 0, -1.0
	for k, v := range c {
		least, most := v[t.row[lo]], v[t.row[lo]]
		for _, r := range t.row[lo+1 : hi] {
			least, most = min(least, v[r]), max(most, v[r])
		}
		t.boxes = append(t.boxes, least, most)
		if most-least > side {
			longest, side = k, most-least
		}
	}
	if hi-lo <= leafPoints {
		return
	}
	middle := (lo + hi) / 2
	selectRow(t.row[lo:hi], c[longest], middle-lo)
	t.grow(c, lo, middle)
	t.nodes[at].right = len(t.nodes)
	t.grow(c, middle, hi)
}

// selectRow reorders rows so that no value before position k exceeds the one there, and none after is below it:
// Hoare's quickselect, from the middle as the pivot.
func selectRow(rows []int, value []float64, k int) {
	for lo, hi := 0, len(rows)-1; lo < hi; {
		pivot := value[rows[(lo+hi)/2]]
		i, j := lo, hi
		for i <= j {
			for value[rows[i]] < pivot {
				i++
			}
			for value[rows[j]] > pivot {
				j--
			}
			if i <= j {
				rows[i], rows[j] = rows[j], rows[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

// square returns the squared distance of point i from a place.
func (t *kdTree) square(i int, at []float64) float64 {
	sum := 0.0
	for k, v := range t.points {
		d := at[k] - v[i]
		sum += float64(d * d)
	}
	return sum
}

// least returns a lower bound of square over the points of a node.
func (t *kdTree) least(node int, at []float64) float64 {
	sum := 0.0
	box := t.boxes[2*len(at)*node:]
	for k, a := range at {
		d := max(box[2*k]-a, a-box[2*k+1], 0)
		sum += float64(d * d)
	}
	return sum
}

// nearest fills in the least squared distances from a place to the points, in increasing order, without that of
// row self of the sample. Those that were there before, such as infinities, stay where they are smaller.
func (t *kdTree) nearest(squares []float64, at []float64, self int) {
	if len(t.nodes) > 0 {
		t.nearestOf(0, squares, at, self)
	}
}

func (t *kdTree) nearestOf(node int, squares, at []float64, self int) {
	n := t.nodes[node]
	last := len(squares) - 1
	if n.right == 0 {
		for i := n.lo; i < n.hi; i++ {
			d := t.square(i, at)
			if d >= squares[last] || t.row[i] == self {
				continue
			}
			j := last
			for ; j > 0 && squares[j-1] > d; j-- {
				squares[j] = squares[j-1]
			}
			squares[j] = d
		}
		return
	}
	near, far := node+1, n.right
	ofNear, ofFar := t.least(near, at), t.least(far, at)
	if ofFar < ofNear {
		near, far, ofNear, ofFar = far, near, ofFar, ofNear
	}
	if ofNear < squares[last] {
		t.nearestOf(near, squares, at, self)
	}
	if ofFar < squares[last] {
		t.nearestOf(far, squares, at, self)
	}
}

// within calls found with the row in the sample of each point whose squared distance from a place is at most
// square; none if that is NaN.
func (t *kdTree) within(at []float64, square float64, found func(row int)) {
	if len(t.nodes) > 0 {
		t.withinOf(0, at, square, found)
	}
}

func (t *kdTree) withinOf(node int, at []float64, square float64, found func(row int)) {
	if !(t.least(node, at) <= square) {
		return
	}
	n := t.nodes[node]
	if n.right > 0 {
		t.withinOf(node+1, at, square, found)
		t.withinOf(n.right, at, square, found)
		return
	}
	for i := n.lo; i < n.hi; i++ {
		if t.square(i, at) <= square {
			found(t.row[i])
		}
	}
}
