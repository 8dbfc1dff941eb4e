#!/usr/bin/env bash
# YAML libraries of Go cut a fraction off without an error where the field is an int, also in strict mode.
#
# Expected: "steps: 0.5" into Steps int is an error, as encoding/json makes it. Seen: 0, and 2.9 gives 2, by goccy/go-yaml with
# yaml.Strict() and by gopkg.in/yaml.v3 with KnownFields(true).
# Why it matters: "epochs: 0.5" trains for none, and nobody is told.
# Versions: github.com/goccy/go-yaml v1.19.2, gopkg.in/yaml.v3 v3.0.1. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.26

require (
	github.com/goccy/go-yaml v1.19.2
	gopkg.in/yaml.v3 v3.0.1
)
M
cat > main.go <<'G'
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	v3 "gopkg.in/yaml.v3"
)

func main() {
	same := true
	for text, want := range map[string]int{"0.5": 0, "2.9": 2, "-1.5": -1} {
		var a, b, c struct{ Steps int }
		errA := yaml.UnmarshalWithOptions([]byte("steps: "+text+"\n"), &a, yaml.Strict())
		decoder := v3.NewDecoder(strings.NewReader("steps: " + text + "\n"))
		decoder.KnownFields(true)
		errB := decoder.Decode(&b)
		errC := json.Unmarshal([]byte(`{"steps": `+text+`}`), &c)
		fmt.Printf("steps: %s gives %d, error %v; yaml.v3: %d, error %v; encoding/json: error %v\n", text, a.Steps, errA, b.Steps, errB, errC != nil)
		same = same && errA == nil && a.Steps == want && errB == nil && b.Steps == want && errC != nil
	}
	if !same {
		os.Exit(1)
	}
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run .
go list -m github.com/goccy/go-yaml gopkg.in/yaml.v3
