package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// Level is a family of kernels.
type Level int

// The levels, each a superset of the one before.
const (
	Portable   Level = iota // plain Go
	AVX2                    // AVX2 and FMA3, 8 float32 lanes
	AVX512                  // AVX-512 F and DQ, 16 float32 lanes
	AVX512BF16              // the same, and products of bfloat16 (AVX-512 BW and BF16)
	AMX                     // the same, with products of bfloat16 in tiles (AMX-BF16)
)

var levelNames = [...]string{"portable", "avx2", "avx512", "avx512bf16", "amx"}

// String returns the name that GENLAB_CPU accepts.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// best is the level that the CPU supports, active the one in use, choice what is wrong with GENLAB_CPU.
var (
	best   = detect()
	active atomic.Int64
	choice error
)

func init() {
	active.Store(int64(best))
	name := os.Getenv("GENLAB_CPU")
	l := Level(slices.Index(levelNames[:], name))
	switch {
	case name == "":
	case l < Portable:
		choice = fmt.Errorf("GENLAB_CPU is %q, but must be one of %s", name, strings.Join(levelNames[:best+1], ", "))
	case l > best:
		choice = fmt.Errorf("GENLAB_CPU is %q, but this CPU and build have up to %v: unset it, or choose one of %s", name, best, strings.Join(levelNames[:best+1], ", "))
	default:
		ForceLevel(l)
	}
}

// LevelError returns what is wrong with the environment variable GENLAB_CPU, nil if nothing is. The level is
// then the best one of the CPU.
func LevelError() error { return choice }

// CPULevel returns the level in use: the best one of the CPU, unless the environment variable GENLAB_CPU
// or [ForceLevel] selects another.
func CPULevel() Level { return Level(active.Load()) }

// vectorLevel is the level of all kernels but products of bfloat16, which are what the levels above AVX512 add.
func vectorLevel() Level { return min(CPULevel(), AVX512) }

// ForceLevel sets the level for all goroutines until restore is called. It panics if the CPU does not
// support it. No kernel may run during either call.
func ForceLevel(l Level) (restore func()) {
	if l < Portable || l > best {
		panic(fmt.Sprintf("kernel: level %v is wanted, this CPU and build have up to %v", l, best))
	}
	old := active.Swap(int64(l))
	return func() { active.Store(old) }
}
