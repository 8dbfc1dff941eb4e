package genlab_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFindings: every script of findings is executable, stops at the first error, works in a temporary folder that it removes, and
// begins with what it is about and when that was checked; and the index names no script that is missing.
func TestFindings(t *testing.T) {
	scripts, err := filepath.Glob("findings/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, name := range scripts {
		text, info := read(t, name), must(os.Stat(name))
		header, _, _ := strings.Cut(text, "\nset -euo pipefail\n")
		if header == text || !strings.HasPrefix(header, "#!/usr/bin/env bash\n# ") || !regexp.MustCompile(`20\d\d-\d\d-\d\d`).MatchString(header) {
			t.Errorf("%s does not begin with a comment that has a date, and set -euo pipefail", name)
		}
		if info.Mode()&0o100 == 0 || !strings.Contains(text, "$(mktemp -d)") || !regexp.MustCompile(`trap '.*rm -rf`).MatchString(text) {
			t.Errorf("%s is not executable, or leaves its folder behind", name)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([a-z0-9-]+\.sh)\)`).FindAllStringSubmatch(read(t, "findings/README.md"), -1) {
		if _, err := os.Stat(filepath.Join("findings", m[1])); err != nil {
			t.Errorf("the index of findings names %s: %v", m[1], err)
		}
	}
}
