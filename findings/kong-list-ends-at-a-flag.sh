#!/usr/bin/env bash
# A list of positional arguments ends at the first flag in kong.
#
# Expected: with Files []string `arg:""` and a flag --x, "a --x=1 b" gives Files [a b], as it gives two single arguments A and B, and
# as GNU programs, Python's argparse.parse_intermixed_args or cobra take it; and so does "a -- b". Seen: "unexpected argument b" for
# both, where "--x=1 a b" works. The README describes cumulative arguments without this.
# Why it matters: a user who appends one more file to a command line gets an error that names a valid argument.
# Versions: github.com/alecthomas/kong v1.17.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.26

require github.com/alecthomas/kong v1.17.0
M
cat > main.go <<'G'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

func main() {
	want := map[string]string{"--x=1 a b": "", "a --x=1 b": "unexpected argument b", "a b --x=1": "", "a -- b": "unexpected argument b"}
	same := true
	for _, line := range []string{"--x=1 a b", "a b --x=1", "a --x=1 b", "a -- b"} {
		var list struct {
			X     int
			Files []string `arg:""`
		}
		var single struct {
			X int
			A string `arg:""`
			B string `arg:""`
		}
		_, errList := kong.Must(&list).Parse(strings.Fields(line))
		_, errSingle := kong.Must(&single).Parse(strings.Fields(line))
		fmt.Printf("%-10s as a list: %v; as two arguments: %v\n", line, errList, errSingle)
		got := ""
		if errList != nil {
			got = errList.Error()
		}
		same = same && got == want[line] && errSingle == nil
	}
	if !same {
		os.Exit(1)
	}
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run .
go list -m github.com/alecthomas/kong
