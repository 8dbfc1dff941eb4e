//go:build amd64 && !noasm

package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func needBF16(t *testing.T) {
	if best < AVX512BF16 {
		t.Skip("this CPU has no AVX512-BF16")
	}
}

// hardware is addPair for pairs one after the other from 0, by the instruction.
func hardware(x, y []uint32) uint32 {
	a, b := make([]float32, len(x)), make([]float32, len(y))
	for i := range x {
		a[i], b[i] = math.Float32frombits(x[i]), math.Float32frombits(y[i])
	}
	var c [1]float32
	pairs1x16AVX512(1, len(a), &a[0], 4, 4, &b[0], 4, 0, &c[0], 4, 1, 1, false)
	return math.Float32bits(c[0])
}

// TestPairInstruction compares VDPBF16PS with its emulation, bit for bit: on all kinds of numbers, among them
// denormals, infinities and NaN, and sums at the border of the normal numbers.
func TestPairInstruction(t *testing.T) {
	needBF16(t)
	for _, c := range pairCases {
		if got := hardware(c.x, c.y); got != c.want {
			t.Errorf("%08x times %08x: %08x, want %08x", c.x, c.y, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 400000 {
		kind := i % 5
		var x, y [3]uint32
		for p := range x {
			x[p], y[p] = pairOf(bf16s(rng, kind), bf16s(rng, kind)), pairOf(bf16s(rng, kind), bf16s(rng, kind))
		}
		if got, want := hardware(x[:], y[:]), math.Float32bits(emulated(x[:], y[:])); got != want {
			t.Fatalf("%08x times %08x: %08x, want %08x", x, y, got, want)
		}
	}
}

// TestBF16Encodings disassembles the bytes of the instructions that Go's assembler does not know.
func TestBF16Encodings(t *testing.T) {
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		t.Skip("no objdump")
	}
	text, err := os.ReadFile("bf16_avx512_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`// (V\w+) Z(\d+), Z(\d+), Z(\d+)\n\s+LONG +\$0x(\w+)\n\s+WORD +\$0x(\w+)`).FindAllStringSubmatch(string(text), -1)
	var code []byte
	var want []string
	for _, w := range written {
		long, _ := strconv.ParseUint(w[5], 16, 32)
		word, _ := strconv.ParseUint(w[6], 16, 16)
		code = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(code, uint32(long)), uint16(word))
		want = append(want, fmt.Sprintf("%s %%zmm%s,%%zmm%s,%%zmm%s", strings.ToLower(w[1]), w[2], w[3], w[4]))
	}
	file := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(file, code, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "att", "--no-show-raw-insn", file).CombinedOutput()
	if err != nil {
		t.Skip(err, string(out))
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^ +[0-9a-f]+:\s+(\S+) +(\S+)`).FindAllStringSubmatch(string(out), -1) {
		got = append(got, m[1]+" "+m[2])
	}
	if len(want) < 40 || !slices.Equal(got, want) {
		t.Errorf("disassembled %d instructions\n%.500q\nwant %d\n%.500q", len(got), got, len(want), want)
	}
}

// TestPaired: packing touches nothing outside, for tails of every length.
func TestPaired(t *testing.T) {
	needBF16(t)
	rng := rand.New(rand.NewPCG(5, 6))
	for rows := 1; rows <= 5; rows++ {
		for cols := 1; cols <= 70; cols++ {
			x := newGuarded(rng, rows, cols, rng.IntN(4))
			at := func(i, j int) uint16 {
				if i >= rows || j >= cols {
					return 0
				}
				return uint16(math.Float32bits(roundBF16(x.at(i, j))) >> 16)
			}
			across := newGuarded(rng, rows, (cols+1)/2, 0)
			pairRows(rows, cols, x.data, x.ld, across.data)
			for i := range rows {
				for p := range (cols + 1) / 2 {
					if got, want := math.Float32bits(across.at(i, p)), pairOf(at(i, 2*p), at(i, 2*p+1)); got != want {
						t.Fatalf("pair %d of row %d of %d x %d: %08x, want %08x", p, i, rows, cols, got, want)
					}
				}
			}
			down := newGuarded(rng, (rows+1)/2, cols, 0)
			pairColumns(rows, cols, x.data, x.ld, down.data)
			for p := range (rows + 1) / 2 {
				for j := range cols {
					if got, want := math.Float32bits(down.at(p, j)), pairOf(at(2*p, j), at(2*p+1, j)); got != want {
						t.Fatalf("pair %d of column %d of %d x %d: %08x, want %08x", p, j, rows, cols, got, want)
					}
				}
			}
			for _, g := range []guarded{x, across, down} {
				if err := g.clean(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
