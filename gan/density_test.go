package gan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestHasNoDensity: the compiler refuses to ask a GAN for a likelihood, exact or bound, and takes
// the same questions of a type that can answer.
func TestHasNoDensity(t *testing.T) {
	lookup := exports(t, "genlab/gan", "genlab/metrics", "genlab/datasets")
	for question, want := range map[string]string{
		"metrics.NLL(datasets.All()[0].Density, x)":              "",
		"genlab.Sampler(&gan.Model{}).Sample(1, nil)":            "",
		"metrics.NLL(&gan.Model{}, x)":                           "missing method LogProb",
		"metrics.KL(datasets.All()[0].Density, &gan.Model{}, x)": "missing method LogProb",
		"metrics.NLLBound(&gan.Model{}, x, nil)":                 "missing method LogBound",
		"metrics.NLL((&gan.Model{}).Critic(), x)":                "missing method LogProb",
	} {
		err := check(t, lookup, question)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", question, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want one with %q", question, err, want)
		}
	}
}

// check type-checks a program that asks the question.
func check(t *testing.T, lookup importer.Lookup, question string) error {
	t.Helper()
	src := fmt.Sprintf(`package question
import (
	"gonum.org/v1/gonum/mat"
	"genlab"
	"genlab/datasets"
	"genlab/gan"
	"genlab/metrics"
)
var (
	_ genlab.Sampler
	_ = datasets.All
	_ = metrics.NLL
	_ gan.Config
)
func ask(x *mat.Dense) { %s }`, question)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "question.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(set, "gc", lookup)}
	_, err = conf.Check("question", set, []*ast.File{file}, nil)
	return err
}

// exports finds the compiler's export data of packages and of all they depend on.
func exports(t *testing.T, packages ...string) importer.Lookup {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Export"}, packages...)...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	files := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		files[p.ImportPath] = p.Export
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}
