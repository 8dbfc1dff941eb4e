package rundir

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// DefaultPath returns runs/<model>-<dataset>-s<seed>. A name that is not a plain word, such as
// file:/a/b c.csv, is replaced by its last path element, with a hyphen for everything but letters
// and digits, and eight digits of its SHA-256, so that different names have different folders.
func DefaultPath(model, dataset string, seed uint64) string {
	return filepath.Join("runs", fmt.Sprintf("%s-%s-s%d", folderName(model), folderName(dataset), seed))
}

var (
	folderWord = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`) // lower case: some file systems fold it
	notPlain   = regexp.MustCompile(`[^a-z0-9]+`)
)

func folderName(s string) string {
	if folderWord.MatchString(s) {
		return s
	}
	last := s[strings.LastIndexAny(s, `/\:`)+1:]
	short := strings.Trim(notPlain.ReplaceAllString(strings.ToLower(last), "-"), "-")
	return strings.TrimPrefix(fmt.Sprintf("%.24s-%.4x", short, sha256.Sum256([]byte(s))), "-")
}
