#!/usr/bin/env bash
# Products and softmax of views are wrong in gorgonia.org/tensor.
#
# Expected: an operation on a view, made by Slice or T, gives what it gives on a copy, or an error. Seen: MatMul, MatVecMul and Inner
# of views that Slice has cut read the first elements of the memory behind them, and SoftMax of a transposed tensor
# gives the same wrong row for every row. None of them returns an error. Sum, Max and Add of the same views are right.
# Why it matters: a minibatch or a head of attention is a slice, and the loss of the wrong product still falls.
# Remedy: view.Materialize() first.
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

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Println("an error:", err)
		os.Exit(1)
	}
	return v
}

func main() {
	a := func() *tensor.Dense {
		return tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
	}
	v := must(a().Slice(nil, tensor.S(1, 3))) // 2 3, 5 6
	copied := v.Materialize()
	column := must(a().Slice(nil, tensor.S(1))) // 2 5
	t := a()
	t.T()
	transposed := t.Materialize()
	wrong := 0
	check := func(name string, view, onCopy any) {
		differ := fmt.Sprint(view) != fmt.Sprint(onCopy)
		if differ {
			wrong++
		}
		fmt.Printf("%-9s of a view %v, of a copy %v: differ %v\n", name, view, onCopy, differ)
	}
	check("Sum", must(tensor.Sum(v, 0)).Data(), must(tensor.Sum(copied, 0)).Data())
	check("MatMul", must(tensor.MatMul(v, v)).Data(), must(tensor.MatMul(copied, copied)).Data())
	check("MatVecMul", must(tensor.MatVecMul(v, column)).Data(), must(tensor.MatVecMul(copied, column.Materialize())).Data())
	check("Inner", must(tensor.Inner(column, column)), must(tensor.Inner(column.Materialize(), column.Materialize())))
	check("SoftMax", must(tensor.SoftMax(t, 1)).Data(), must(tensor.SoftMax(transposed, 1)).Data())
	if wrong != 4 {
		os.Exit(1)
	}
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run .
go list -m gorgonia.org/tensor
