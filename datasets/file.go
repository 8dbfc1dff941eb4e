package datasets

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/table"
)

// fileView shows points of three or more columns by the first two.
type fileView int

// Dim implements [View].
func (v fileView) Dim() int { return int(v) }

// Project implements [View]: the first two coordinates.
func (v fileView) Project(x mat.Matrix) *mat.Dense {
	n := mustHaveColumns("Project", x, int(v))
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		y.SetRow(i, []float64{x.At(i, 0), x.At(i, 1)})
	}
	return y
}

// Digest returns the SHA-256 of what was read of file:PATH: the points as little-endian float64 row
// by row, then, where there are labels, the text of each with a zero byte behind it, and the label of
// each row as little-endian uint16. ok is false for every other data set.
func (d *Dataset) Digest() (sum [sha256.Size]byte, ok bool) {
	r, ok := rowsOf(d)
	if !ok || r.index != nil {
		return sum, false
	}
	h := sha256.New()
	var b [8]byte
	for _, v := range r.x.RawMatrix().Data {
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
	}
	for _, label := range d.Labels {
		h.Write(append([]byte(label), 0))
	}
	for _, k := range r.classes {
		binary.LittleEndian.PutUint16(b[:], k)
		h.Write(b[:2])
	}
	return [sha256.Size]byte(h.Sum(nil)), true
}

// FileDim returns the number of coordinates of the points of file:PATH, as its name gives it; the file
// need not exist. It is false for another data set, and where only the file can tell (columns=all).
func FileDim(name string) (d int, ok bool) {
	path, file := strings.CutPrefix(name, FilePrefix)
	if !file {
		return 0, false
	}
	q, err := table.ParseQuery(path)
	if err != nil {
		return 0, false
	}
	return q.Width()
}

// fromFile returns the data set of the points of a file, "PATH" or "PATH?x=A&y=B" (a
// [table.Query]).
func fromFile(path string) (*Dataset, error) {
	fail := func(err error) (*Dataset, error) { return nil, fmt.Errorf("dataset %s%w", FilePrefix, err) }
	q, err := table.ParseQuery(path)
	if err != nil {
		return fail(err)
	}
	w := table.Want{Query: q}
	if d, ok := q.Width(); ok {
		w.Width = d
	}
	t, err := readOnce(w, path)
	var width *table.WidthError
	if errors.As(err, &width) && len(width.Columns) > w.Width {
		return fail(fmt.Errorf("%w. %s", err, choose(q, width)))
	} else if err != nil {
		return fail(err)
	}
	n, dim := t.Rows(), len(t.Columns)
	if n < 2 {
		return fail(fmt.Errorf("%s: %d row, want 2 or more", q.Path, n))
	}
	if dim < 2 {
		return fail(fmt.Errorf("%s: %d column, want 2 or more", q.Path, dim))
	}
	rows := selection{x: mat.NewDense(n, dim, t.Values), classes: t.Classes}
	d := &Dataset{
		Name:        FilePrefix + path,
		Summary:     fmt.Sprintf("%d points of %s", n, path),
		Note:        note(q.Path, t),
		Sampler:     rows,
		Labels:      t.Labels,
		Entropy:     math.NaN(),
		HighQuality: math.NaN(),
	}
	d.box[0], d.box[1] = margin(t.Values, dim)
	d.box[2], d.box[3] = margin(t.Values[1:], dim)
	if t.Labels != nil {
		d.Sampler = labelledSelection{rows}
	}
	if dim > 2 {
		d.View = fileView(dim)
		d = withProjection(d)
	}
	return d, nil
}

// pipes are the tables that are not read from a file of the disk, by path and query: those of pipes that have
// been read, since a run reads its data to train and again to evaluate, and those of [Provide].
var pipes sync.Map

func readOnce(w table.Want, path string) (*table.Table, error) {
	if t, ok := pipes.Load(path); ok {
		return t.(*table.Table), nil
	}
	t, err := table.Read(w)
	if err == nil && t.Once {
		pipes.Store(path, t)
	}
	return t, err
}

// choose lists the columns of a file and shows a query that chooses from them.
func choose(q table.Query, e *table.WidthError) string {
	var list, numbers []string
	label := ""
	for j, name := range e.Columns {
		text := len(e.Text) == len(e.Columns) && e.Text[j]
		entry := fmt.Sprint(j + 1)
		if name != entry {
			entry += " " + name
		}
		if text {
			entry += " (text)"
			label = cmp.Or(label, "&label="+table.Escape(name))
		} else if name != q.Label {
			numbers = append(numbers, table.Escape(name))
		}
		if len(list) < 30 {
			list = append(list, entry)
		} else if list[29] != "..." {
			list[29] = "..."
		}
	}
	if q.Label != "" {
		label = "&label=" + table.Escape(q.Label)
	}
	numbers = append(numbers, "A", "B", "C")
	return fmt.Sprintf("Columns of the file: %s. Choose two, as in '%s%s?x=%s&y=%s%s', or more with columns=%s",
		strings.Join(list, ", "), FilePrefix, q.Path, numbers[0], numbers[1], label, strings.Join(numbers[:3], ","))
}

// note says what was read from a file.
func note(path string, t *table.Table) string {
	text := fmt.Sprintf("read %s: %d rows of columns %s", path, t.Rows(), listed(t.Columns))
	if t.Header > 0 {
		text += fmt.Sprintf("; header in line %d", t.Header)
	} else if t.Cells != "" {
		text += "; no header"
	}
	if t.Cells != "" && t.Cells != "commas" {
		text += "; separated by " + t.Cells
	}
	if t.Labels == nil {
		return text
	}
	count := make([]int, len(t.Labels))
	for _, k := range t.Classes {
		count[k]++
	}
	var labels []string
	for k, label := range t.Labels {
		labels = append(labels, fmt.Sprintf("%s (%d)", label, count[k]))
	}
	return text + fmt.Sprintf("; labels in column %s: %s", t.Label, listed(labels))
}

// listed joins names, the first ones if there are many.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("... (%d)", len(names)))
	}
	return strings.Join(names, ", ")
}

// margin returns the range of every step-th of v, widened by a twentieth on either side.
func margin(v []float64, step int) (lo, hi float64) {
	lo, hi = v[0], v[0]
	for i := 0; i < len(v); i += step {
		lo, hi = min(lo, v[i]), max(hi, v[i])
	}
	pad := hi/20 - lo/20 // does not overflow where hi − lo would
	if pad == 0 {
		pad = max(1, math.Abs(lo)/20)
	}
	return lo - pad, hi + pad
}
