package config_test

import (
	"strings"
	"testing"

	"genlab/internal/config"
)

// TestTree: scalars, lists and mappings in both styles, with their positions.
func TestTree(t *testing.T) {
	n, err := config.ParseTree("plan.yaml", []byte("model: flow # which\ngrid:\n  lr: [1e-3, \"x\"]\n  hidden: {from: 32, to: 64}\nseeds:\n  - 1\n  - 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Map) != 3 || n.Map[0].Value.Text != "flow" || n.Map[0].Value.Line != 1 {
		t.Fatalf("%+v", n)
	}
	grid := n.Map[1].Value
	lr, hidden := grid.Map[0], grid.Map[1]
	if lr.Key.Line != 3 || lr.Value.List[0].Text != "1e-3" || !lr.Value.List[1].Quoted || lr.Value.List[1].Column != 14 {
		t.Errorf("%+v", lr)
	}
	if hidden.Value.Map[1].Key.Text != "to" || hidden.Value.Map[1].Value.Text != "64" || hidden.Value.Map[1].Key.Line != 4 {
		t.Errorf("%+v", hidden)
	}
	if seeds := n.Map[2].Value; len(seeds.List) != 2 || seeds.List[1].Line != 7 {
		t.Errorf("%+v", seeds)
	}
	if n, err := config.ParseTree("empty.yaml", nil); err != nil || n.Map == nil || len(n.Map) != 0 {
		t.Errorf("an empty file: %+v, %v", n, err)
	}
}

// TestTreeRefuses: what is not accepted is an error with its line.
func TestTreeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: 2\na: 3\n":         `p:3:1: is not YAML: mapping key "a" already defined at [1:1]`,
		"g:\n  x: [1]\n  x: [2]\n":   `p:3:3: is not YAML: mapping key "x" already defined`,
		"a: &x 1\nb: *x\n":           "anchors",
		"a:\n":                       "p:1:1: a has no value",
		"- 1\n- 2: [\n":              "not YAML",
		"a: 1\n---\nb: 2\n":          "one document",
		"a: [[[[[[[[[[1]]]]]]]]]]\n": "nested more than 8",
		"a: |\n  text\n":             "block text",
	} {
		_, err := config.ParseTree("p", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
