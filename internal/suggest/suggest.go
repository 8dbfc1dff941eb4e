// Package suggest makes the error for an unknown name: it repeats the name, suggests the
// nearest valid one and lists them all.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error reports an unknown name.
type Error struct {
	Kind  string   // a singular noun: "dataset", "sampler", ...
	Name  string   // the name that is not valid
	Known []string // the valid names, in the order of the message
	Meant string   // what was probably meant; "" for the nearest of Known
}

// Name returns an *[Error] unless known contains name.
func Name(kind, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return &Error{Kind: kind, Name: name, Known: known}
}

func (e *Error) Error() string {
	text := fmt.Sprintf("unknown %s %q", e.Kind, e.Name)
	if n := cmp.Or(e.Meant, Nearest(e.Name, e.Known)); n != "" {
		text += fmt.Sprintf(": did you mean %q?", n)
	} else {
		text += "."
	}
	return text + fmt.Sprintf(" Valid %s: %s", plural(e.Kind), strings.Join(e.Known, ", "))
}

// plural returns the plural of an English noun phrase: of "key", "box", "equality" and
// "dataset of the comparison". A plural stays as it is.
func plural(noun string) string {
	head, rest, _ := strings.Cut(noun, " of ")
	if rest != "" {
		rest = " of " + rest
	}
	stem, y := strings.CutSuffix(head, "y")
	switch {
	case y && !strings.ContainsAny(stem[max(0, len(stem)-1):], "aeiou"):
		head = stem + "ies"
	case slices.ContainsFunc([]string{"ss", "x", "ch", "sh"}, func(end string) bool { return strings.HasSuffix(head, end) }):
		head += "es"
	case !strings.HasSuffix(head, "s"):
		head += "s"
	}
	return head + rest
}

// Nearest returns the known name with the smallest edit distance to name, ignoring case, or ""
// where every distance exceeds both 2 and a third of the longer name.
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

// distance returns the Damerau-Levenshtein distance (optimal string alignment).
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

// Choice is a string type that lists its valid values, in the order of error messages.
type Choice interface {
	~string
	Choices() []string
}

// Set sets *to to text if that is a valid choice; otherwise it returns the *[Error] of [Name] and
// leaves *to unchanged.
func Set[T Choice](kind string, to *T, text []byte) error {
	if err := Name(kind, string(text), T("").Choices()); err != nil {
		return err
	}
	*to = T(text)
	return nil
}
