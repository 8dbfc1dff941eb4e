package autoregressive

import (
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// sharing evaluates the first positions of a batch of equally long sequences once for all of them. Position k sees the
// start symbol and k digits, so at most base^k different prefixes: a complete tree of these replaces a
// row for each sequence where it has fewer. Loss and gradient are those of the sequences evaluated one by one, but
// for rounding. With 32 digits and shards of 128 sequences of 4 positions, the layers have 289 rows in place of 512.
//
// The nodes of the tree are numbered level by level, those of a level by the number that the digits are.
type sharing struct {
	base   int // digits
	levels int // positions in the tree, at least 1: the start symbol is that of all sequences
	steps  int // positions of a sequence
}

// newSharing returns the sharing that leaves the fewest rows for so many sequences of at least two positions. The last
// position is never in the tree.
func newSharing(base, steps, sequences int) sharing {
	s := sharing{base, 1, steps}
	for s.levels+1 < steps && power(base, s.levels) < sequences {
		s.levels++
	}
	return s
}

// level returns the number of the first node of a level, and so the number of nodes above it.
func (s sharing) level(k int) int {
	n := 0
	for l := range k {
		n += power(s.base, l)
	}
	return n
}

// nodes returns the number of nodes of the tree.
func (s sharing) nodes() int { return s.level(s.levels) }

// suffix returns the number of positions below the tree.
func (s sharing) suffix() int { return s.steps - s.levels }

// encode writes the inputs and targets of a sequence of digits: the nodes of its prefixes, the digits at the positions
// below the tree, and all digits.
func (s sharing) encode(digits []int, nodes, symbols, targets []float32) {
	code := 0
	for k, digit := range digits {
		if targets[k] = float32(digit); k < s.levels {
			nodes[k] = float32(s.level(k) + code)
			code = code*s.base + digit
		}
		if k+1 >= s.levels && k+1 < s.steps {
			symbols[k+1-s.levels] = float32(digit)
		}
	}
}

func column(g *nn.Graph, name string, values []float32) *G.Node {
	return g.Table(name, len(values), 1, values)
}

// loss builds the cross entropy, nats per symbol, of g.Rows() sequences with the inputs of encode: "node",
// "symbol" and "target".
func (s sharing) loss(m *Model, g *nn.Graph) *G.Node {
	var symbols, positions []float32
	for k := range s.levels {
		for code := range power(s.base, k) {
			symbols, positions = append(symbols, float32(code%s.base)), append(positions, float32(k))
		}
	}
	symbols[0] = float32(m.symbols) // the start
	for range g.Rows() {
		for k := s.levels; k < s.steps; k++ {
			positions = append(positions, float32(k))
		}
	}
	of := s.layout(g)
	ids := nn.ConcatRows(column(g, "tree symbols", symbols), nn.Reshape(g.Input("symbol", s.suffix()), 1))
	states := m.layers(g, ids, column(g, "position", positions), func(qkv *G.Node) *G.Node {
		return nn.Embedding(nn.CausalAttention(nn.Embedding(qkv, of.whole), m.cfg.Heads, s.steps), of.kept)
	})
	return nn.CrossEntropy(nn.Embedding(m.output(g, states), of.sequences), nn.Reshape(g.Input("target", s.steps), 1))
}

// layout holds lists of rows, each a column. The layers have a row for each node of the tree, and below it one for each position
// of each sequence. Attention takes whole sequences, and those of the tree: a path to each leaf, which stays there
// for the remaining positions.
type layout struct {
	sequences *G.Node // of the layers: all positions of each sequence
	whole     *G.Node // of the layers: what attention takes, the paths first
	kept      *G.Node // of what attention returns: those of the layers
}

func (s sharing) layout(g *nn.Graph) layout {
	leaves := power(s.base, s.levels-1)
	var paths, kept, below []float32
	for leaf := range leaves {
		for k := range s.steps {
			l := min(k, s.levels-1)
			paths = append(paths, float32(s.level(l)+leaf/power(s.base, s.levels-1-l)))
		}
	}
	for k := range s.levels {
		for code := range power(s.base, k) {
			kept = append(kept, float32(code*power(s.base, s.levels-1-k)*s.steps+k)) // the first leaf below the node
		}
	}
	for i := range g.Rows() {
		for k := s.levels; k < s.steps; k++ {
			below = append(below, float32(s.nodes()+len(below)))
			kept = append(kept, float32((leaves+i)*s.steps+k))
		}
	}
	sequences := nn.Reshape(nn.Concat(g.Input("node", s.levels), g.Table("below", g.Rows(), s.suffix(), below)), 1)
	return layout{sequences, nn.ConcatRows(column(g, "paths", paths), sequences), column(g, "kept", kept)}
}
