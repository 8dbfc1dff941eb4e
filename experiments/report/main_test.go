package main

import (
	"os"
	"testing"
)

func TestReplace(t *testing.T) {
	text := "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
	got, err := replace(text, "x", "new\ntable")
	if want := "a\n<!-- begin x -->\nnew\ntable\n<!-- end x -->\nb\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := replace("<!-- begin x -->\n<!-- end x -->\n", "x", "new"); err != nil || got != "<!-- begin x -->\nnew\n<!-- end x -->\n" {
		t.Errorf("of an empty table: %q, %v", got, err)
	}
	if got, err := replace("a text without the marks", "x", "new"); err != nil || got != "a text without the marks" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := replace("<!-- begin x -->\nold", "x", "new"); err == nil {
		t.Error("a table without end was accepted")
	}
}

// TestGenerated: generating changes no file.
func TestGenerated(t *testing.T) {
	t.Chdir("../..")
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s is not what go generate ./experiments/report writes (%v)", name, err)
		}
	}
}
