package cli

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
)

// console is where a command writes, and the context that a signal cancels.
type console struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// saveTimeout is the time that a training has to save itself after a signal.
const saveTimeout = 5 * time.Second

// runInterruptible waits for a run. After ctx is cancelled it waits no longer than a training needs to save
// itself, since a measurement can be long and has nothing to save; it then fails with the error of ctx.
func runInterruptible[R any](ctx context.Context, run func() (R, error)) (R, error) {
	type outcome struct {
		r   R
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := run()
		done <- outcome{r, err}
	}()
	var timeout <-chan time.Time
	for cancelled := ctx.Done(); ; {
		select {
		case o := <-done:
			return o.r, o.err
		case <-cancelled:
			cancelled, timeout = nil, time.After(saveTimeout)
		case <-timeout:
			var none R
			return none, ctx.Err()
		}
	}
}

// printCSV writes the rows of x with all digits.
func printCSV(w io.Writer, x mat.Matrix) error {
	n, d := x.Dims()
	out := csv.NewWriter(w)
	record := make([]string, d)
	for i := range n {
		for j := range record {
			record[j] = strconv.FormatFloat(x.At(i, j), 'g', -1, 64)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// columnsOf returns the number of coordinates of a dataset. It opens a file of points, which may be
// gone, only where its name does not say how many it has.
func columnsOf(data string) int {
	if d, ok := datasets.FileDim(data); ok {
		return d
	}
	if ds, err := datasets.ByName(data); err == nil {
		return ds.Dim()
	}
	return 2
}
