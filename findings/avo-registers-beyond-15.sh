#!/usr/bin/env bash
# avo gives instructions of AVX registers that only AVX-512 has.
#
# Expected: a function of AVX2 with more than 16 vectors alive fails in avo's register allocation ("failed to allocate registers"), since VADDPS
# of three YMM registers reaches Y0 to Y15 in AVX. Seen: Y16 to Y19 are used, the comment says "Requires: AVX", Go's assembler encodes the lines
# as AVX-512VL, and the function is killed by SIGILL on a machine with AVX2 alone, which a check of cpu.X86.HasAVX2 does not prevent.
# Why it matters: unrolling a kernel once more breaks it for others, while it runs where it was written.
# Remedy: search the generated file for Y16 and above.
# Versions: github.com/mmcloughlin/avo v0.6.0. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.26

require (
	github.com/mmcloughlin/avo v0.6.0
	golang.org/x/tools v0.52.0
)
M
cat > main.go <<'G'
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	const vectors = 20
	TEXT("Sums", NOSPLIT, "func(x *float32)")
	x := Load(Param("x"), GP64())
	v := make([]reg.VecVirtual, vectors)
	for i := range v {
		v[i] = YMM()
		VMOVUPS(Mem{Base: x, Disp: 32 * i}, v[i])
	}
	for i := range v {
		VADDPS(v[i], v[(i+1)%vectors], v[i])
	}
	for i := range v {
		VMOVUPS(v[i], Mem{Base: x, Disp: 32 * i})
	}
	RET()
	Generate()
}
G
GOFLAGS=-mod=mod go mod tidy >/dev/null 2>&1
GOFLAGS=-mod=mod go run . > sums.s
go list -m github.com/mmcloughlin/avo
grep Requires sums.s
grep 'VADDPS.*Y19$' sums.s
grep -q '^// Requires: AVX$' sums.s
