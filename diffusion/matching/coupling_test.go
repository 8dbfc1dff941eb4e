package matching

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// least returns the least cost of all permutations.
func least(cost *mat.Dense) float64 {
	n, _ := cost.Dims()
	best, used := math.Inf(1), make([]bool, n)
	var place func(i int, sum float64)
	place = func(i int, sum float64) {
		if i == n {
			best = min(best, sum)
			return
		}
		for j := range n {
			if !used[j] {
				used[j] = true
				place(i+1, sum+cost.At(i, j))
				used[j] = false
			}
		}
	}
	place(0, 0)
	return best
}

func total(cost *mat.Dense, to []int) (sum float64) {
	for i, j := range to {
		sum += cost.At(i, j)
	}
	return sum
}

// TestAssignmentAgainstAllPermutations: of random costs, of costs with many ties, and of negative ones.
func TestAssignmentAgainstAllPermutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for trial := range 300 {
		n := 1 + trial%7
		cost := mat.NewDense(n, n, nil)
		for i := range cost.RawMatrix().Data {
			switch trial % 3 {
			case 0:
				cost.RawMatrix().Data[i] = rng.ExpFloat64()
			case 1:
				cost.RawMatrix().Data[i] = float64(rng.IntN(3))
			default:
				cost.RawMatrix().Data[i] = rng.NormFloat64()
			}
		}
		to := Assignment(cost)
		if sorted := slices.Sorted(slices.Values(to)); len(slices.Compact(sorted)) != n || sorted[0] != 0 || sorted[n-1] != n-1 {
			t.Fatalf("%v is not a permutation", to)
		}
		if got, want := total(cost, to), least(cost); math.Abs(got-want) > 1e-12 {
			t.Fatalf("cost %v, the least is %v", got, want)
		}
	}
}

// TestAssignmentOnALine: the transport of squared distances on a line keeps the order, whatever the size.
func TestAssignmentOnALine(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 200
	a, b := normals(n, 1, rng), normals(n, 1, rng)
	pairs := mat.DenseCopyOf(b)
	Couple(a, pairs, n)
	order := func(x *mat.Dense) []int {
		at := make([]int, n)
		for i := range at {
			at[i] = i
		}
		slices.SortFunc(at, func(i, j int) int {
			if x.At(i, 0) < x.At(j, 0) {
				return -1
			}
			return 1
		})
		return at
	}
	if !slices.Equal(order(a), order(pairs)) {
		t.Error("the assigned points are in another order")
	}
}

// TestCoupleKeepsTheBlocks: each block holds the rows that it had, at no higher cost.
func TestCoupleKeepsTheBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	data, noise := normals(50, 2, rng), normals(50, 2, rng)
	before := mat.DenseCopyOf(noise)
	Couple(data, noise, 16)
	for lo := 0; lo < 50; lo += 16 {
		hi := min(50, lo+16)
		rows := func(x *mat.Dense) (all []float64) {
			for i := lo; i < hi; i++ {
				all = append(all, x.At(i, 0))
			}
			slices.Sort(all)
			return all
		}
		if !slices.Equal(rows(noise), rows(before)) {
			t.Fatalf("rows %d to %d are others than before", lo, hi)
		}
		square := func(x *mat.Dense) float64 {
			var diff mat.Dense
			diff.Sub(data.Slice(lo, hi, 0, 2), x.Slice(lo, hi, 0, 2))
			return mat.Norm(&diff, 2)
		}
		if square(noise) > square(before) {
			t.Errorf("rows %d to %d: cost %v, %v before", lo, hi, square(noise), square(before))
		}
	}
}

// TestAssignmentHasPrices: by duality an assignment is the cheapest if columns have prices such that no row likes
// another column better; they are found here by relaxation over the edges (Bellman and Ford). Rows in a few narrow clusters,
// as those of a batch, compete for the same columns.
func TestAssignmentHasPrices(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n = 64
	for range 20 {
		x, y := normals(n, 2, rng), normals(n, 2, rng)
		cost := mat.NewDense(n, n, nil)
		for i := range n {
			mode := float64(rng.IntN(4))
			for j := range n {
				cost.Set(i, j, math.Hypot(mode+0.02*x.At(i, 0)-y.At(j, 0), 0.02*x.At(i, 1)-y.At(j, 1)))
			}
		}
		to := Assignment(cost)
		price := make([]float64, n)
		for round := 0; ; round++ {
			changed := false
			for i := range n {
				for j := range n {
					if better := price[to[i]] + cost.At(i, j) - cost.At(i, to[i]); better < price[j]-1e-12 {
						price[j], changed = better, true
					}
				}
			}
			if !changed {
				break
			}
			if round > n {
				t.Fatal("a cycle of rows would be better off with one another's columns")
			}
		}
	}
}

func BenchmarkAssignment(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n = 128
	x, y := normals(n, 2, rng), normals(n, 2, rng)
	cost := mat.NewDense(n, n, nil)
	for i := range n {
		mode := float64(rng.IntN(8)) * math.Pi / 4
		for j := range n {
			u, v := 1.4*math.Cos(mode)+0.05*x.At(i, 0)-y.At(j, 0), 1.4*math.Sin(mode)+0.05*x.At(i, 1)-y.At(j, 1)
			cost.Set(i, j, u*u+v*v)
		}
	}
	for b.Loop() {
		Assignment(cost)
	}
}
