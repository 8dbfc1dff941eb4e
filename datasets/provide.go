package datasets

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/table"
)

// provided counts the uses of the tables that [Provide] has put among the pipes.
var provided = struct {
	sync.Mutex
	uses map[string]int
}{uses: map[string]int{}}

// Provide makes the points x (n x 2) the content of the file path, which need not exist: the data set
// [ProvidedName] is read from memory until forget has been called as often as Provide. labels has the label of each
// row, nil for none. The data set equals that of the file whose content [ProvidedFile] returns, digest included. It panics
// where x has other than two columns or labels another length.
func Provide(path string, x *mat.Dense, labels []int) (forget func()) {
	n, d := x.Dims()
	if d != 2 || labels != nil && len(labels) != n {
		panic(fmt.Sprintf("datasets: Provide of %d x %d points with %d labels, want 2 columns and no labels or one for each row", n, d, len(labels)))
	}
	t := &table.Table{Columns: []string{"x", "y"}, Values: slices.Clone(x.RawMatrix().Data), Header: 1, Cells: "commas"}
	if labels != nil {
		t.Label = labelColumn
		distinct := slices.Compact(slices.Sorted(slices.Values(labels)))
		for _, k := range distinct {
			t.Labels = append(t.Labels, strconv.Itoa(k))
		}
		for _, k := range labels {
			at, _ := slices.BinarySearch(distinct, k)
			t.Classes = append(t.Classes, uint16(at))
		}
	}
	key := query(path, labels != nil)
	provided.Lock()
	defer provided.Unlock()
	provided.uses[key]++
	pipes.Store(key, t)
	return sync.OnceFunc(func() {
		provided.Lock()
		defer provided.Unlock()
		if provided.uses[key]--; provided.uses[key] == 0 {
			delete(provided.uses, key)
			pipes.Delete(key)
		}
	})
}

// labelColumn is the name of the column of labels of provided points.
const labelColumn = "label"

// query returns the path with the query of provided points.
func query(path string, labelled bool) string {
	if labelled {
		return path + "?x=x&y=y&label=" + labelColumn
	}
	return path
}

// ProvidedName returns the name of the data set of provided points, with labels or without.
func ProvidedName(path string, labelled bool) string { return FilePrefix + query(path, labelled) }

// ProvidedFile returns the content of the CSV file of points (n x 2) that equals provided ones: columns x, y and,
// unless labels is nil, label.
func ProvidedFile(x *mat.Dense, labels []int) []byte {
	n, _ := x.Dims()
	text := []byte("x,y\n")
	if labels != nil {
		text = []byte("x,y," + labelColumn + "\n")
	}
	for i := range n {
		text = strconv.AppendFloat(text, x.At(i, 0), 'g', -1, 64)
		text = append(text, ',')
		text = strconv.AppendFloat(text, x.At(i, 1), 'g', -1, 64)
		if labels != nil {
			text = append(text, ',')
			text = strconv.AppendInt(text, int64(labels[i]), 10)
		}
		text = append(text, '\n')
	}
	return text
}
