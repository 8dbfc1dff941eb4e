package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/train"
)

// sampleCmd draws points from a run, or lets it write.
type sampleCmd struct {
	Run_ string  `arg:"" name:"RUN" help:"Run directory."`
	N    int     `short:"n" required:"" help:"Number of points, or of characters, at least 1."`
	Out  string  `short:"o" placeholder:"FILE" help:"File to write, .npy or .csv (default: CSV on standard output)."`
	Seed *uint64 `help:"Seed of the draw (default: the run's)."`
	samplingFlags
}

// maxPoints keeps a slip of the hand from filling the memory: 2^26 points are a gigabyte.
const maxPoints = 1 << 26

// Run draws and writes.
func (c *sampleCmd) Run(con *console) error {
	if c.N < 1 || c.N > maxPoints {
		return usagef("-n is %d, but must be 1 to %d", c.N, maxPoints)
	}
	var name error
	if c.Out != "" {
		if err := datasets.CheckName(c.Out); err != nil {
			name = usageError{err}
		}
	}
	r, err := openRun(c.Run_)
	if err != nil {
		return cmp.Or(name, err)
	}
	seed := r.seed
	if c.Seed != nil {
		seed = *c.Seed
	}
	if m, ok := r.sampled.(*autoregressive.Text); ok {
		return c.sampleText(con, r, m, seed)
	}
	if name != nil {
		return name
	}
	if columns := columnsOf(r.data); c.N > 2*maxPoints/columns {
		return usagef("-n is %d, but must be 1 to %d for points of %d coordinates", c.N, 2*maxPoints/columns, columns)
	}
	s, passes, err := r.draw(c.samplingFlags)
	if err != nil {
		return err
	}
	x := s.Sample(c.N, train.NewStream(seed, "sample").Rand)
	if c.Out == "" {
		return printCSV(con.stdout, x)
	}
	if err := datasets.WritePoints(c.Out, x); err != nil {
		return err
	}
	how := ""
	if named, ok := s.(fmt.Stringer); ok && passes > 1 {
		how = fmt.Sprintf(" by %v: %d network passes a point", named, passes)
	}
	fmt.Fprintf(con.stdout, "%s: %d points%s\n", c.Out, c.N, how)
	return nil
}

// printCSV writes the rows of x, every digit.
func printCSV(w io.Writer, x *mat.Dense) error {
	n, d := x.Dims()
	out := csv.NewWriter(w)
	record := make([]string, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			record[j] = strconv.FormatFloat(v, 'g', -1, 64)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
