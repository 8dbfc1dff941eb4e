package nn

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// Forward evaluates a graph for any number of rows, in padded chunks on all cores. The result of a row
// depends on that row alone.
type Forward struct {
	build func(g *Graph) G.Nodes
	group int
	sizes []int // rows of a chunk, ascending

	precision Precision
	factors   factors // of products in bfloat16
	machines  map[machineKey]*inference
	inputs    map[string]int // columns
	outputs   []int          // columns
	call      call
	runChunk  func(i, worker int) // stored because creating a method value allocates
}

// call holds the arguments of Run.
type call struct {
	n, rows int // rows in total and of a chunk
	in      Columns
	out     [][]float32
	errs    []error
}

type machineKey struct{ rows, worker int }

type inference struct {
	machine *Machine
	graph   *Graph
	outs    G.Nodes
}

// NewForward compiles a graph. build declares its inputs with [Graph.Input] and returns the outputs,
// with as many rows. It fails if an output has another number of rows.
func NewForward(build func(g *Graph) G.Nodes) (*Forward, error) { return NewGroupedForward(1, build) }

// NewGroupedForward is [NewForward] for groups of consecutive rows, such as the positions of a
// sequence, which are not split: the result of a row depends on its group. [Forward.Run] then takes
// multiples of group.
func NewGroupedForward(group int, build func(g *Graph) G.Nodes) (*Forward, error) {
	if group < 1 {
		return nil, fmt.Errorf("nn: groups of %d rows", group)
	}
	f := &Forward{build: build, group: group, machines: map[machineKey]*inference{}, inputs: map[string]int{}}
	for _, rows := range []int{16, 256} {
		f.sizes = append(f.sizes, (rows+group-1)/group*group)
	}
	f.runChunk = f.chunk
	inf, err := f.compile(f.sizes[0])
	if err != nil {
		return nil, err
	}
	f.machines[machineKey{f.sizes[0], 0}] = inf
	for name, l := range inf.graph.leaves {
		if l.perRow {
			f.inputs[name] = l.cols
		}
	}
	for _, n := range inf.outs {
		f.outputs = append(f.outputs, n.Shape()[1])
	}
	return f, nil
}

func (f *Forward) compile(rows int) (*inference, error) {
	g := NewGraph(rows)
	outs := f.build(g)
	for i, n := range outs {
		if s := n.Shape(); s.Dims() != 2 || s[0] != rows {
			return nil, fmt.Errorf("nn: output %d has the shape %v for %d rows", i, s, rows)
		}
	}
	m, err := Compile(g, outs...)
	if err != nil {
		return nil, err
	}
	m.setPrecision(f.precision, &f.factors)
	return &inference{m, g, outs}, nil
}

// SetPrecision sets the precision of the matrix products of later runs, initially [Float32]. [BFloat16] packs the
// weights, so it must be set again when parameters have changed.
func (f *Forward) SetPrecision(p Precision) {
	if p != f.precision {
		f.precision, f.factors = p, factors{}
		clear(f.machines) // the others are compiled again when needed
		inf, err := f.compile(f.sizes[0])
		if err != nil {
			panic(err) // the same graph compiled before
		}
		f.machines[machineKey{f.sizes[0], 0}] = inf
	}
	f.factors.packAll()
}

// Columns maps the name of an input to its memory, rows x columns.
type Columns map[string][]float32

// Run evaluates n rows: in holds every declared input, n x its columns, and out a slice for each
// output, n x its columns. It panics if a length is wrong, and fails if an operation does.
func (f *Forward) Run(n int, in Columns, out ...[]float32) error {
	if n%f.group != 0 {
		panic(fmt.Sprintf("nn: %d rows in groups of %d", n, f.group))
	}
	if len(in) != len(f.inputs) || len(out) != len(f.outputs) {
		panic(fmt.Sprintf("nn: %d inputs and %d outputs for a formula of %d and %d", len(in), len(out), len(f.inputs), len(f.outputs)))
	}
	for name, cols := range f.inputs {
		if len(in[name]) != n*cols {
			panic(fmt.Sprintf("nn: input %q has %d values for %d x %d", name, len(in[name]), n, cols))
		}
	}
	for i, cols := range f.outputs {
		if len(out[i]) != n*cols {
			panic(fmt.Sprintf("nn: output %d has room for %d values, not %d x %d", i, len(out[i]), n, cols))
		}
	}
	rows := f.sizes[len(f.sizes)-1]
	for _, size := range f.sizes {
		if n <= size {
			rows = size
			break
		}
	}
	count := (n + rows - 1) / rows
	for w := range maxWorkers(count) {
		if key := (machineKey{rows, w}); f.machines[key] == nil {
			inf, err := f.compile(rows)
			if err != nil {
				return err
			}
			f.machines[key] = inf
		}
	}
	c := &f.call
	c.n, c.rows, c.in, c.out = n, rows, in, append(c.out[:0], out...)
	c.errs = slices.Grow(c.errs[:0], count)[:count]
	parallel(count, f.runChunk)
	c.in = nil
	clear(c.out)
	for _, err := range c.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// chunk evaluates a chunk. The rows of padding hold stale values; their results are dropped.
func (f *Forward) chunk(i, worker int) {
	c := &f.call
	inf := f.machines[machineKey{c.rows, worker}]
	lo, hi := i*c.rows, min(c.n, (i+1)*c.rows)
	for name, values := range c.in {
		l := inf.graph.leaves[name]
		copy(l.f32, values[lo*l.cols:hi*l.cols])
	}
	if c.errs[i] = inf.machine.RunAll(); c.errs[i] != nil {
		return
	}
	for j, n := range inf.outs {
		cols := f.outputs[j]
		copy(c.out[j][lo*cols:hi*cols], inf.machine.float32s(n))
	}
}
