package main

import "testing"

func TestReplace(t *testing.T) {
	text := "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
	got, err := replace(text, "x", "new\ntable")
	if want := "a\n<!-- begin x -->\nnew\ntable\n<!-- end x -->\nb\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", "<!-- begin x -->\nold", "old\n<!-- end x -->"} {
		if _, err := replace(bad, "x", "new"); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
