#!/usr/bin/env bash
# Zero of a view clears elements outside the view in gorgonia.org/tensor.
#
# Expected: v.Zero() sets the elements of v to 0, as v.Memset(0.0) does. Seen: for the columns 1 and 2 of a 2 x 3 tensor it clears
# everything from the first to the last element of v in memory, so that the 4 of column 0 is lost.
# Why it matters: clearing a part of a gradient or of a mask destroys its neighbours, without an error.
# Remedy: Memset.
# Versions: gorgonia.org/tensor v0.9.24. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.26

require (
	go4.org/unsafe/assume-no-moving-gc v0.0.0-20231121144256-b99613f794b6
	gorgonia.org/tensor v0.9.24
)
M
cat > main.go <<'G'
package main

import (
	"fmt"
	"os"

	"gorgonia.org/tensor"
)

func main() {
	after := func(clear func(v tensor.View)) string {
		a := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
		v, err := a.Slice(nil, tensor.S(1, 3))
		if err != nil {
			panic(err)
		}
		clear(v)
		return fmt.Sprint(a.Data())
	}
	zero := after(func(v tensor.View) { v.Zero() })
	memset := after(func(v tensor.View) { v.(*tensor.Dense).Memset(0.0) })
	fmt.Println("1 2 3, 4 5 6 after Zero of columns 1 and 2:", zero, "after Memset:", memset)
	if memset != "[1 0 0 4 0 0]" || zero != "[1 0 0 0 0 0]" {
		os.Exit(1)
	}
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run .
go list -m gorgonia.org/tensor
