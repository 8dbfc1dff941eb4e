package genlab_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOutside builds testdata/outside, with the program of docs/library.md, as a module of its own that
// requires this one, and runs its tests: every paradigm and a hybrid are trained, sampled, scored, saved and
// loaded, and extended by types of the other module's, without an internal package.
func TestOutside(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command in PATH: the module outside cannot be built")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("testdata/outside/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/outside has %d files: %v", len(files), err)
	}
	for _, file := range files {
		write(filepath.Base(file), read(t, file))
	}
	write("main.go", program(t, read(t, "docs/library.md")))
	// With this module's own requirements, as go mod tidy would add them, the module cache of this one suffices.
	write("go.mod", strings.Replace(read(t, "go.mod"), "module genlab\n", "module example.com/outside\n", 1)+
		"\nrequire genlab v0.0.0\n\nreplace genlab => "+here+"\n")
	write("go.sum", read(t, "go.sum"))

	cmd := exec.Command(tool, "test", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLibraryProgram: the program of docs/library.md is the package's tested Example, and its other declarations are
// those of testdata/outside.
func TestLibraryProgram(t *testing.T) {
	want := read(t, "example_test.go")
	want = strings.Replace(want, "package genlab_test", "package main", 1)
	want = strings.Replace(want, "func Example() {", "func main() {", 1)
	want = regexp.MustCompile(`\n\n\t// Output:\n(\t// .*\n)+`).ReplaceAllString(want, "\n")
	if got := program(t, read(t, "docs/library.md")); got != want {
		t.Errorf("docs/library.md has another program than example_test.go, which is\n%s", want)
	}
	own := read(t, "testdata/outside/own_test.go")
	for _, m := range regexp.MustCompile("(?s)```go\n((?:func|//) .*?)```").FindAllStringSubmatch(read(t, "docs/library.md"), -1) {
		if !strings.Contains(own, m[1]) {
			t.Errorf("testdata/outside/own_test.go lacks these lines of docs/library.md:\n%s", m[1])
		}
	}
}

// program is the first Go program in a page.
func program(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindStringSubmatch(page)
	if m == nil {
		t.Fatal("docs/library.md has no program")
	}
	return m[1]
}

// TestPublicSignatures: no exported declaration of the library, the packages at the root, names a type of an
// internal package, which another module could not name.
func TestPublicSignatures(t *testing.T) {
	files, err := filepath.Glob("*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, name := range append(files, "genlab.go") {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "experiments") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range internalNames(file) {
			t.Errorf("%v: an exported declaration names a type of an internal package", set.Position(found))
		}
	}
}

// TestArchitecture: every package has a line in docs/architecture.md.
func TestArchitecture(t *testing.T) {
	page := read(t, "docs/architecture.md")
	for _, pattern := range []string{"*/*.go", "internal/*/*.go", "lab/*/*.go", "cmd/internal/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			dir := filepath.ToSlash(filepath.Dir(name))
			if _, ground := allowed[dir]; !ground && !strings.Contains(dir, "/") {
				continue // a paradigm: genlab models and the README list those
			}
			if !strings.Contains(page, "| ["+dir+"](../"+dir+") | ") {
				t.Errorf("docs/architecture.md has no line for %s", dir)
			}
		}
	}
}

// internalNames finds the places where exported declarations of a file name an internal package. Aliases and
// values may: they give such a thing a public name.
func internalNames(file *ast.File) (found []token.Pos) {
	internal := map[string]bool{}
	for _, spec := range file.Imports {
		if path := strings.Trim(spec.Path.Value, `"`); strings.HasPrefix(path, "genlab/internal/") {
			internal[path[strings.LastIndex(path, "/")+1:]] = true
		}
	}
	ast.FileExports(file) // leaves exported declarations, fields and methods
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			return false
		case *ast.TypeSpec:
			return !n.Assign.IsValid()
		case *ast.ValueSpec:
			n.Values = nil
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && internal[x.Name] {
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return found
}

// TestPublicSignaturesBite: the check finds what it is there for, and nothing else.
func TestPublicSignaturesBite(t *testing.T) {
	const source = `package p
import ("genlab/internal/kernel"; "genlab/nn")
type Alias = kernel.Activation
const SiLU = kernel.SiLU
type T struct { Act nn.Activation; act kernel.Activation }
func (t *T) f(kernel.Activation) {}
func F(nn.Activation) { kernel.Add() }
`
	for text, want := range map[string]int{
		source:                                  0,
		source + "func G(kernel.Activation) {}": 1,
		source + "type U struct { Act kernel.Activation }":     1,
		source + "func (T) M() kernel.Activation { panic(0) }": 1,
		source + "var V kernel.Activation":                     1,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(internalNames(file)); got != want {
			t.Errorf("%d places, want %d, in\n%s", got, want, text)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLinks: the relative links of the pages lead to files and folders that exist.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "CHANGELOG.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := filepath.Join(filepath.Dir(page), m[1])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			}
		}
	}
}
