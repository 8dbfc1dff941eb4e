// Package suggest makes the error for a name that does not exist: it says what was asked
// for, what there is, and which of those is nearest.
package suggest

import (
	"fmt"
	"slices"
	"strings"
)

// Error is a name that is not among those known.
type Error struct {
	Kind  string   // what was named: "dataset", "sampler", ...
	Name  string   // what was asked for
	Known []string // what there is, in the order shown
}

// Name returns an *Error unless known has name.
func Name(kind, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return &Error{Kind: kind, Name: name, Known: known}
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "unknown %s %q", e.Kind, e.Name)
	if n := Nearest(e.Name, e.Known); n != "" {
		fmt.Fprintf(&b, "; did you mean %q?", n)
	}
	fmt.Fprintf(&b, " (there are: %s)", strings.Join(e.Known, ", "))
	return b.String()
}

// Nearest returns the known name with the smallest edit distance to name, or "" where none
// is near enough to be a slip of the hand (more than a third of the longer name, at least 2).
func Nearest(name string, known []string) string {
	best, at := -1, ""
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if limit := max(2, max(len(name), len(k))/3); d <= limit && (best < 0 || d < best) {
			best, at = d, k
		}
	}
	return at
}

// distance is Damerau's: insertions, deletions, substitutions and swaps of neighbours.
func distance(a, b string) int {
	prev2, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			sub := prev[j-1]
			if a[i-1] != b[j-1] {
				sub++
			}
			row[j] = min(sub, prev[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, row
	}
	return prev[len(b)]
}

// Choice is a typed name that lists what it may be, in the order shown.
type Choice interface {
	~string
	Choices() []string
}

// Set sets a typed choice of a kind to text, or returns the error of Name and leaves it alone.
func Set[T Choice](kind string, to *T, text []byte) error {
	if err := Name(kind, string(text), T("").Choices()); err != nil {
		return err
	}
	*to = T(text)
	return nil
}
