// Command kernelgen writes the float32 assembly of internal/kernel for one vector width:
//
//	kernelgen -lanes 16 -out avx512_amd64.s -stubs avx512_amd64.go -pkg kernel
//
// 16 lanes are AVX-512 (F, DQ, VL), 8 are AVX2 with FMA3. With -bf16 it writes the kernels that need
// AVX512-BF16 (and BW) instead, with -amx those that need AMX-BF16.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
)

func main() {
	flag.IntVar(&lanes, "lanes", 16, "float32 values in a vector, 8 or 16")
	bf16 := flag.Bool("bf16", false, "the kernels of AVX512-BF16")
	amx := flag.Bool("amx", false, "the kernels of AMX-BF16")
	flag.Parse()
	if lanes != 8 && lanes != 16 {
		fmt.Fprintf(os.Stderr, "kernelgen: %d lanes, want 8 or 16\n", lanes)
		os.Exit(2)
	}
	ConstraintExpr("amd64,!noasm")
	switch {
	case *bf16:
		pass.Compile = pass.Concat(pass.Compile, unknown(encodeBF16))
		bf16Kernels()
	case *amx:
		pass.Compile = pass.Concat(pass.Compile, unknown(encodeAMX))
		amxKernels()
	default:
		gemmKernels()
		elemKernels()
		splineKernels()
		pointKernels()
	}
	Generate()
}
