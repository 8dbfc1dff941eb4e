#!/usr/bin/env bash
# goccy/go-yaml reads its own small numbers, and those of most configurations, as strings.
#
# Expected: yaml.Unmarshal of what yaml.Marshal writes gives the value back: a float64 is a float64 in an any. Seen: 1e-07 is
# written as 1e-07 and read as the string "1e-07"; so is every number that is written with an exponent and without a point, such as
# 1e-3 in a file. The core schema of YAML 1.2 (section 10.3.2) has these as floats: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE]
# [-+]? [0-9]+ )?. 0.1e-1 is read as a float. Into a float64 field all of them are read right.
# Why it matters: a learning rate of 1e-3 in map[string]any is a string, and only small ones are.
# Versions: github.com/goccy/go-yaml v1.19.2. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.26

require github.com/goccy/go-yaml v1.19.2
M
cat > main.go <<'G'
package main

import (
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
)

func main() {
	same := true
	for lr, want := range map[float64]string{0.01: "float64", 1e-7: "string", 2.5e-7: "float64", 1e21: "string"} {
		text, err := yaml.Marshal(map[string]any{"lr": lr})
		if err != nil {
			panic(err)
		}
		var back map[string]any
		if err := yaml.Unmarshal(text, &back); err != nil {
			panic(err)
		}
		kind := fmt.Sprintf("%T", back["lr"])
		fmt.Printf("%v is written as %q and read as %#v, a %s\n", lr, text, back["lr"], kind)
		same = same && kind == want
	}
	if !same {
		os.Exit(1)
	}
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run .
go list -m github.com/goccy/go-yaml
