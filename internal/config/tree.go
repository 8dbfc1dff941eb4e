package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Node is a value of a YAML file with its position: a scalar, a list, or a mapping.
type Node struct {
	Text         string // of a scalar, as written but for quotes
	Quoted       bool   // a scalar in quotes
	List         []Node // of a list, not nil
	Map          []Pair // of a mapping, not nil
	Line, Column int
	file         string
}

// Pair is a key of a mapping with its value.
type Pair struct {
	Key   Node
	Value Node
}

// Errorf returns an *[Error] at the position of the node.
func (n Node) Errorf(format string, args ...any) *Error {
	return &Error{Source: n.file, Line: n.Line, Column: n.Column, Msg: fmt.Sprintf(format, args...)}
}

// Scalar reports whether the node is neither a list nor a mapping.
func (n Node) Scalar() bool { return n.List == nil && n.Map == nil }

// maxDepth is the deepest nesting of lists and mappings.
const maxDepth = 8

// ReadTree is [ParseTree] of a file.
func ReadTree(path string) (Node, error) {
	data, err := readFile(path)
	if err != nil {
		return Node{}, err
	}
	return ParseTree(path, data)
}

// ParseTree parses a YAML file of lists and mappings, at most 64 KB and 8 levels deep; name is that of errors. Like
// [DecodeYAML] it accepts no anchors, aliases, tags, block text or second document. It fails with an *[Error] that has
// the position, also where a key occurs twice in a mapping.
func ParseTree(name string, data []byte) (Node, error) {
	file, bad := parseYAML(data, token.SequenceEntryType, token.SequenceStartType, token.MappingStartType)
	root := Node{Line: 1, Column: 1, file: name, Map: []Pair{}}
	if bad == nil {
		for _, doc := range file.Docs {
			if doc.Body != nil {
				root, bad = tree(name, doc.Body, maxDepth)
			}
		}
	}
	if bad != nil {
		bad.Source = name
		return Node{}, bad
	}
	return root, nil
}

func tree(name string, of ast.Node, depth int) (Node, *Error) {
	t := of.GetToken()
	n := Node{file: name, Line: t.Position.Line, Column: t.Position.Column}
	if depth == 0 {
		return n, n.Errorf("lists and mappings are nested more than %d levels deep", maxDepth)
	}
	var pairs []*ast.MappingValueNode
	switch of := of.(type) {
	case *ast.SequenceNode:
		n.List = []Node{}
		for _, v := range of.Values {
			item, bad := tree(name, v, depth-1)
			if bad != nil {
				return n, bad
			}
			n.List = append(n.List, item)
		}
		return n, nil
	case *ast.MappingNode:
		pairs = of.Values
	case *ast.MappingValueNode:
		pairs = append(pairs, of)
	case *ast.NullNode:
		return n, n.Errorf(`has no value: give one, or write "" for the empty text`)
	case ast.ScalarNode:
		n.Text = t.Value
		n.Quoted = t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType
		return n, nil
	default:
		return n, n.Errorf("%q is neither a value, nor a list, nor \"key: value\" lines", t.Value)
	}
	n.Map = []Pair{}
	for _, p := range pairs {
		k := p.Key.GetToken()
		key := Node{file: name, Text: k.Value, Line: k.Position.Line, Column: k.Position.Column}
		n.Line, n.Column = min(n.Line, key.Line), key.Column // the token of a mapping is its first colon
		if _, null := p.Value.(*ast.NullNode); null {
			return n, key.Errorf("%s has no value: give one or remove the line", key.Text)
		}
		value, bad := tree(name, p.Value, depth-1)
		if bad != nil {
			return n, bad
		}
		n.Map = append(n.Map, Pair{key, value})
	}
	return n, nil
}
