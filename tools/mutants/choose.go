package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"go/build"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// packages are those in which bugs are planted by operators, with the number of bugs.
var packages = []struct {
	dir  string
	bugs int
}{
	{"autoregressive", 16}, {"checkpoint", 10}, {"datasets", 20}, {"diffusion", 24}, {"flow", 16}, {"gan", 16}, {"internal/atomicfile", 8},
	{"internal/kernel", 16}, {"kde", 8}, {"lab/rundir", 12}, {"metrics", 16}, {"nn", 24}, {"standardize", 8}, {"train", 10}, {"vae", 16},
}

// candidates returns the bugs that operators can plant in a package, in a random order that depends on the seed
// and on what each changes: a change elsewhere leaves the order of the others as it is.
func candidates(root, dir string, seed uint64) ([]bug, error) {
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if err != nil {
		return nil, err
	}
	type ranked struct {
		bug
		rank string
	}
	var all []ranked
	seen := map[string]int{} // how often the same change of the same line occurs
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || !portable(root, dir, name) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, dir, name))
		if err != nil {
			return nil, err
		}
		places, err := sites(name, text)
		if err != nil {
			return nil, err
		}
		for _, s := range places {
			b := bug{file: path.Join(dir, name), tests: []string{"./" + dir}, from: s.from, to: s.to, text: s.text, operator: s.operator}
			b.old, b.new = s.lines(text)
			key := fmt.Sprint(seed, b.file, b.operator, b.old, b.new)
			seen[key]++
			b.where = fmt.Sprintf("%s:%d", b.file, 1+strings.Count(string(text[:s.from]), "\n"))
			all = append(all, ranked{b, fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, key, seen[key])))})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	bugs := make([]bug, len(all))
	for i, r := range all {
		bugs[i] = r.bug
	}
	return bugs, nil
}

// portable reports whether a file is compiled here and not for one architecture only.
func portable(root, dir, name string) bool {
	ok, err := build.Default.MatchFile(filepath.Join(root, dir), name)
	return ok && err == nil && !strings.HasSuffix(name, "_"+build.Default.GOARCH+".go")
}
