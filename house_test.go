package genlab_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed says which packages of the project a package may import. Dependencies point from
// the commands and experiments through the paradigms down to the kernels; a paradigm never
// imports another paradigm.
var allowed = map[string][]string{
	".":                             {},
	"alphabet":                      {".", "checkpoint"},
	"checkpoint":                    {"internal/atomicfile"},
	"datasets":                      {".", "internal/atomicfile", "internal/memory", "internal/parallel", "internal/suggest", "internal/table"},
	"diffusion/matching":            append([]string{"diffusion"}, paradigm...),
	"datasets/recognition":          {"datasets"},
	"datasets/tilted":               {".", "datasets"},
	"diffusion/guide":               {"diffusion"},
	"experiments":                   {"experiments/", "lab/experiment"},
	"gentest":                       {"."},
	"hybrid":                        append([]string{"autoregressive", "diffusion", "diffusion/matching", "flow", "gan", "vae"}, paradigm...),
	"internal/atomicfile":           {},
	"internal/atomicfile/faultdisk": {"internal/atomicfile"},
	"internal/browsertest":          {},
	"internal/config":               {"internal/suggest"},
	"internal/kernel":               {"internal/suggest"},
	"internal/kernel/blas":          {"internal/kernel"},
	"internal/memory":               {},
	"internal/ode":                  {},
	"internal/parallel":             {},
	"internal/plot":                 {".", "internal/parallel"},
	"internal/race":                 {},
	"internal/suggest":              {},
	"internal/table":                {"internal/atomicfile", "internal/memory", "internal/suggest"},
	"internal/usage":                {},
	"metrics":                       {".", "internal/kernel", "internal/parallel"},
	"nn":                            {"checkpoint", "internal/kernel", "internal/suggest"},
	"standardize":                   {"checkpoint"},
	"train":                         {".", "checkpoint", "nn"},
}

// paradigm is what a package of models may import: those that the table does not name, one folder
// each. They never import one another.
var paradigm = []string{".", "alphabet", "checkpoint", "internal/config", "internal/kernel", "internal/ode", "internal/parallel", "internal/suggest", "nn", "standardize", "train"}

// above lists the floors above the models, which may import all that is below them.
var above = []struct {
	floor string
	never []string // floors above it
}{
	{"lab/", []string{"experiments", "cmd"}},
	{"experiments/", []string{"cmd"}},
	{"cmd/", nil},
}

// builders may see Gorgonia: they build graphs.
var builders = []string{"nn", "autoregressive", "diffusion", "diffusion/matching", "flow", "gan", "hybrid", "masked", "vae"}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || name == "tools" || name == "runs" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		dir := path.Dir(filepath.ToSlash(name))
		seen[dir] = true
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			if reason := forbidden(dir, strings.Trim(spec.Path.Value, `"`)); reason != "" {
				t.Errorf("%s imports %s: %s", name, spec.Path.Value, reason)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range allowed {
		if !seen[dir] {
			t.Errorf("there is no package %s: take it out of the table", dir)
		}
	}
}

// forbidden says why a package in dir may not import another, or "".
func forbidden(dir, imported string) string {
	for _, f := range above {
		if !strings.HasPrefix(dir, f.floor) {
			continue
		}
		for _, b := range f.never {
			if strings.HasPrefix(strings.TrimPrefix(imported, "genlab/"), b) {
				return "it is on a floor above"
			}
		}
		return ""
	}
	if strings.HasPrefix(imported, "gorgonia.org/") && !slices.Contains(builders, dir) {
		return "only the packages that build graphs see Gorgonia"
	}
	target := "."
	if imported != "genlab" {
		rest, own := strings.CutPrefix(imported, "genlab/")
		if !own {
			return ""
		}
		target = rest
	}
	list, known := allowed[dir]
	if !known && !strings.Contains(dir, "/") {
		list, known = paradigm, true // a paradigm of its own
	}
	if !known {
		return "the package is not in the table of the house"
	}
	if !slices.ContainsFunc(list, func(a string) bool { return a == target || strings.HasSuffix(a, "/") && strings.HasPrefix(target, a) }) {
		return "the table of the house does not allow it"
	}
	return ""
}

// TestImportRulesBite: the rules refuse what they are there for.
func TestImportRulesBite(t *testing.T) {
	for _, c := range [][2]string{
		{"diffusion", "genlab/vae"}, {"datasets", "genlab/nn"}, {"internal/kernel", "genlab"},
		{"metrics", "gorgonia.org/gorgonia"}, {"nn", "genlab/lab/rundir"}, {"newcomer", "genlab/vae"}, {"internal/newcomer", "genlab"}, {"lab/registry", "genlab/experiments"},
	} {
		if forbidden(c[0], c[1]) == "" {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
}

// TestReferences: every key that a comment cites has an entry, and every entry is cited.
func TestReferences(t *testing.T) {
	bib, err := os.ReadFile("docs/references.bib")
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^@\w+\{([^,]+),`).FindAllStringSubmatch(string(bib), -1) {
		entries[m[1]] = false
	}
	cited := regexp.MustCompile(`\[([a-z]+(?:19|20)\d\d[a-z]*|[a-z]+-format)\]`)
	err = filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range cited.FindAllStringSubmatch(string(text), -1) {
			if _, ok := entries[m[1]]; !ok {
				t.Errorf("%s cites [%s], which docs/references.bib does not have", name, m[1])
			}
			entries[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, used := range entries {
		if !used {
			t.Errorf("no comment cites [%s]", key)
		}
	}
}
