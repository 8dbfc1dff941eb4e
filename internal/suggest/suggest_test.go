package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"8gaussians", "25gaussians", "moons", "circles", "rings"}
	for _, c := range []struct{ name, want string }{
		{"8gausians", "8gaussians"},
		{"moosn", "moons"},
		{"MOONS", "moons"},
		{"ring", "rings"},
		{"zebra", ""},
		{"", ""},
	} {
		if got := Nearest(c.name, known); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNameSaysWhatThereIs(t *testing.T) {
	if err := Name("dataset", "moons", []string{"moons"}); err != nil {
		t.Fatalf("a known name: %v", err)
	}
	err := Name("dataset", "mons", []string{"moons", "rings"})
	if err == nil {
		t.Fatal("an unknown name was accepted")
	}
	for _, want := range []string{`"mons"`, `"moons"`, "rings"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %s", err, want)
		}
	}
}

type fruit string

func (fruit) Choices() []string { return []string{"apple", "pear"} }

func TestSetAChoice(t *testing.T) {
	f := fruit("apple")
	if err := Set("fruit", &f, []byte("paer")); err == nil || f != "apple" {
		t.Errorf("%q after an unknown name: %v", f, err)
	}
	if err := Set("fruit", &f, []byte("pear")); err != nil || f != "pear" {
		t.Errorf("%q after a known one: %v", f, err)
	}
}
