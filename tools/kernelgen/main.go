// Command kernelgen writes the float32 assembly of internal/kernel for one vector width:
//
//	kernelgen -lanes 16 -out avx512_amd64.s -stubs avx512_amd64.go -pkg kernel
//
// 16 lanes are AVX-512 (F, DQ, VL), 8 are AVX2 with FMA3.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	flag.IntVar(&lanes, "lanes", 16, "float32 values in a vector, 8 or 16")
	flag.Parse()
	if lanes != 8 && lanes != 16 {
		fmt.Fprintf(os.Stderr, "kernelgen: %d lanes, want 8 or 16\n", lanes)
		os.Exit(2)
	}
	ConstraintExpr("amd64,!noasm")
	gemmKernels()
	elemKernels()
	pointKernels()
	Generate()
}
