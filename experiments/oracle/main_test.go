package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSmoke(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	if err := run([]string{"8gaussians", "moons"}, 2, true, file); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := printMarkdown(&table, file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 8gaussians |", "| moons |", "2 seeds", "±"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}
	if err := run([]string{"nothing"}, 1, true, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("an unknown distribution was accepted")
	}
	if err := printMarkdown(&table, os.DevNull); err == nil {
		t.Error("an empty file was accepted")
	}
}
