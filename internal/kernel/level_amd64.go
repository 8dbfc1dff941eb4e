//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// detect returns the best level; the generated files say what each function requires. On Intel's cores VDPBF16PS does
// half the multiply-adds of FMA a cycle (measured on family 6, model 207), so without AMX they have no level for bfloat16.
func detect() Level {
	const intel = 'G' | 'e'<<8 | 'n'<<16 | 'u'<<24
	avx512 := cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasBMI2 && cpu.X86.HasAVX2 && cpu.X86.HasFMA
	bf16 := avx512 && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512BF16
	switch {
	case bf16 && cpu.X86.HasAMXTile && cpu.X86.HasAMXBF16 && mayUseTiles():
		return AMX
	case bf16 && vendor() != intel:
		return AVX512BF16
	case avx512:
		return AVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX2
	}
	return Portable
}

// fmaLoop makes rounds of multiply-adds at the current level and returns their number of
// floating-point operations.
func fmaLoop(rounds int) float64 {
	const chains = 12
	switch CPULevel() {
	case AVX512, AVX512BF16, AMX:
		fmaLoopAVX512(rounds)
		return 2 * 16 * chains * float64(rounds)
	case AVX2:
		fmaLoopAVX2(rounds)
		return 2 * 8 * chains * float64(rounds)
	}
	return fmaPortable(rounds)
}
