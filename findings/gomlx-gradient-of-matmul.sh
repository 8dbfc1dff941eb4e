#!/usr/bin/env bash
# GoMLX v0.26.0 (2025-12-17, the newest release on 2026-11-28): the gradient of a matrix product is not two matrix
# products. The graph that Gradient builds for Dot, and for DotGeneral, multiplies the operands by broadcasting to a tensor of
# shape [i, j, k] and sums one axis. XLA may fuse the two; the backend in pure Go, simplego, executes them literally. A product of
# 256 x 128 by 128 x 128 then has two temporaries of 4,194,304 elements in its gradient, and a training step of a small
# network takes about a hundred times as long as its forward pass. Expected: two more products, as in other
# frameworks. Whoever times simplego on training measures this, not its matrix kernels.
# Needs Go 1.26 and network; writes only to a temporary folder. Fails if the graph has changed.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

func main() {
	backend, err := simplego.New("")
	if err != nil {
		panic(err)
	}
	g := graph.NewGraph(backend, "gradient")
	x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32, 256, 128))
	w := graph.Parameter(g, "w", shapes.Make(dtypes.Float32, 128, 64))
	loss := graph.ReduceAllSum(graph.Dot(x, w))
	forward := len(g.Nodes())
	graph.Gradient(loss, x, w)
	products, wide := 0, 0
	for _, node := range g.Nodes()[forward:] {
		switch {
		case strings.HasPrefix(node.Type().String(), "Dot"):
			products++
		case node.Type() == graph.NodeTypeMul && node.Shape().Size() == 256*128*64:
			wide++
		}
	}
	fmt.Printf("the gradient of [256, 128] times [128, 64] adds %d matrix products and %d elementwise products of 256 x 128 x 64 elements\n", products, wide)
	if products != 0 || wide != 2 {
		fmt.Println("expected 0 and 2: this has changed")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/gomlx/gomlx@v0.26.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go version
CGO_ENABLED=0 go run .
