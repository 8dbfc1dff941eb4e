package datasets

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/table"
)

// provided counts the uses of the tables that [Provide] has put among the pipes.
var provided, providing = map[string]int{}, sync.Mutex{}

// Provide makes the points x (n x 2) the content of the file path, which need not exist: the data set
// [ProvidedName] is read from memory until forget has been called as often as Provide. labels has the label of each
// row, nil for none. The data set equals that of a CSV file with columns x, y and label, digest included. It panics where
// x has other than two columns or labels another length.
func Provide(path string, x *mat.Dense, labels []int) (forget func()) {
	n, d := x.Dims()
	if d != 2 || labels != nil && len(labels) != n {
		panic(fmt.Sprintf("datasets: Provide of %d x %d points with %d labels, want 2 columns and no labels or one for each row", n, d, len(labels)))
	}
	t := &table.Table{Columns: []string{"x", "y"}, Values: slices.Clone(x.RawMatrix().Data), Header: 1, Cells: "commas"}
	if labels != nil {
		t.Label = "label"
		distinct := slices.Compact(slices.Sorted(slices.Values(labels)))
		for _, k := range distinct {
			t.Labels = append(t.Labels, strconv.Itoa(k))
		}
		for _, k := range labels {
			at, _ := slices.BinarySearch(distinct, k)
			t.Classes = append(t.Classes, uint16(at))
		}
	}
	key := strings.TrimPrefix(ProvidedName(path, labels != nil), FilePrefix)
	providing.Lock()
	defer providing.Unlock()
	provided[key]++
	pipes.Store(key, t)
	return sync.OnceFunc(func() {
		providing.Lock()
		defer providing.Unlock()
		if provided[key]--; provided[key] == 0 {
			delete(provided, key)
			pipes.Delete(key)
		}
	})
}

// ProvidedName returns the name of the data set of provided points, with labels or without.
func ProvidedName(path string, labelled bool) string {
	if labelled {
		path += "?x=x&y=y&label=label"
	}
	return FilePrefix + path
}
