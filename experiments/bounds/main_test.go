package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestSmoke(t *testing.T) {
	tiny := []string{"-seeds", "2", "-n", "200", "-steps", "30", "-hidden", "16", "-batch", "64"}
	var out bytes.Buffer
	if err := run(append(tiny, "-data", "moons"), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"seed 1", "seed 2", "500 draws", "log p", "±"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := run(append(tiny, "-json", "-objective", "iwae", "-samples", "2"), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"Objective":"iwae"`) {
		t.Errorf("no configuration in\n%s", out.String())
	}
	for _, wrong := range [][]string{{"-data", "nothing"}, {"-objective", "best"}, {"-steps", "0"}} {
		if err := run(wrong, &out); err == nil {
			t.Errorf("%v was accepted", wrong)
		}
	}
}
