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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// need skips a test where the CPU, or the system, does not offer a level.
func need(t *testing.T, l Level) {
	if best < l {
		t.Skipf("this CPU has, or this system grants, levels up to %v, not %v", best, l)
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
	need(t, AVX512BF16)
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

// TestTileInstruction compares TDPBF16PS with its emulation, bit for bit, on all kinds of numbers; a second tile starts
// from the first one's sum. Which of several NaN passes is left open.
func TestTileInstruction(t *testing.T) {
	need(t, AMX)
	const steps = 2
	rng := rand.New(rand.NewPCG(1, 1))
	var a [steps * tileRows]float32
	var b [steps * tileRows * tileRows]float32
	for i := range 20000 {
		kind := i % 5
		pair := func() float32 { return math.Float32frombits(pairOf(bf16s(rng, kind), bf16s(rng, kind))) }
		used := 1 + rng.IntN(len(a)) // the others are zero
		clear(a[:])
		clear(b[:])
		for p := range used {
			a[p] = pair()
			for j := range tileRows {
				b[p*tileRows+j] = pair()
			}
		}
		var got [tileRows]float32
		blocks1x1AMX(&tileShapes[1][0], 1, 1, steps, 1, tileRows, &a[0], 4*len(a), &b[0], 0, &got[0], 4*len(got), 1, false, true, &got[0])
		for j := range tileRows {
			want := float32(0)
			for tile := range steps {
				var x, y [tileRows]uint32
				for q := range x {
					p := tile*tileRows + q
					x[q], y[q] = math.Float32bits(a[p]), math.Float32bits(b[p*tileRows+j])
				}
				want = addTile(want, x[:], y[:])
			}
			if math.Float32bits(got[j]) != math.Float32bits(want) && !(got[j] != got[j] && want != want) {
				t.Fatalf("numbers of kind %d, case %d, column %d: %08x, want %08x", kind, i, j, math.Float32bits(got[j]), math.Float32bits(want))
			}
		}
	}
}

// TestTilesAndSignals: products are the same while other goroutines make them too, the garbage collector stops them, and
// signals arrive.
func TestTilesAndSignals(t *testing.T) {
	need(t, AMX)
	const m, n, k = 100, 70, 90
	rng := rand.New(rand.NewPCG(7, 8))
	a, b := newGuarded(rng, m, k, 0), newGuarded(rng, k, n, 0)
	multiply := func() []float32 {
		c := make([]float32, m*n)
		GemmBF16(false, false, m, n, k, 1, a.data, k, b.data, n, 0, c, n)
		return c
	}
	want := multiply()
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 2000 {
				if !slices.Equal(multiply(), want) {
					t.Error("a product differs")
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	for {
		select {
		case <-done:
			return
		default:
			runtime.GC() // stops every goroutine, by a signal if need be
		}
	}
}

// TestBF16Encodings disassembles the bytes of the instructions that Go's assembler does not know.
func TestBF16Encodings(t *testing.T) {
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		t.Skip("no objdump")
	}
	var text []byte
	for _, file := range []string{"bf16_avx512_amd64.s", "bf16_amx_amd64.s"} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	// A comment with the instruction, then its bytes.
	written := regexp.MustCompile(`// ([A-Z0-9]+ ?.*)\n((?:\s+(?:LONG|WORD|BYTE) +\$0x\w+\n)+)`).FindAllStringSubmatch(string(text), -1)
	var code []byte
	var want []string
	for _, w := range written {
		for _, part := range regexp.MustCompile(`0x(\w+)`).FindAllStringSubmatch(w[2], -1) {
			u, _ := strconv.ParseUint(part[1], 16, 32)
			code = append(code, binary.LittleEndian.AppendUint32(nil, uint32(u))[:len(part[1])/2]...)
		}
		want = append(want, attSyntax(w[1]))
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
	for _, m := range regexp.MustCompile(`(?m)^ +[0-9a-f]+:\s+(\S+)[ \t]*(\S*)`).FindAllStringSubmatch(string(out), -1) {
		got = append(got, strings.TrimSpace(m[1]+" "+strings.Replace(m[2], ",%riz,1", "", 1))) // riz is no index
	}
	if len(want) < 40 || !slices.Equal(got, want) {
		t.Errorf("disassembled %d instructions\n%.500q\nwant %d\n%.500q", len(got), got, len(want), want)
	}
}

var (
	memoryOperand = regexp.MustCompile(`(\d*)\((\w+)\)(?:\((\w+)\*1\))?`)
	register      = regexp.MustCompile(`\b(?:([ZT])(\d+)|(R\d+)|([A-D]X|[SD]I|BP))\b`)
)

// attSyntax writes an instruction of the generator's comments as objdump does.
func attSyntax(instruction string) string {
	s := strings.ReplaceAll(instruction, ", ", ",")
	s = memoryOperand.ReplaceAllStringFunc(s, func(operand string) string {
		m := memoryOperand.FindStringSubmatch(operand)
		offset, _ := strconv.Atoi(m[1])
		if m[3] != "" {
			m[3] = "," + m[3] + ",1"
		}
		return fmt.Sprintf("%#x(%s%s)", offset, m[2], m[3])
	})
	s = register.ReplaceAllStringFunc(s, func(name string) string {
		switch m := register.FindStringSubmatch(name); {
		case m[1] == "Z":
			return "%zmm" + m[2]
		case m[1] == "T":
			return "%tmm" + m[2]
		case m[4] != "":
			return "%r" + m[4]
		}
		return "%" + name
	})
	return strings.ToLower(s)
}

// TestPaired: packing touches nothing outside, for tails of every length.
func TestPaired(t *testing.T) {
	need(t, AVX512BF16)
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
