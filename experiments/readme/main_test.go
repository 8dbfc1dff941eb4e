package main

import "testing"

func TestReplace(t *testing.T) {
	text := "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
	got, err := replace(text, "x", "new\ntable")
	if want := "a\n<!-- begin x -->\nnew\ntable\n<!-- end x -->\nb\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := replace("a text without the marks", "x", "new"); err != nil || got != "a text without the marks" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := replace("<!-- begin x -->\nold", "x", "new"); err == nil {
		t.Error("a table without end was accepted")
	}
}
