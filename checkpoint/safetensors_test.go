package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"
	"pgregory.net/rapid"
)

func sample() *Checkpoint {
	return &Checkpoint{
		Model:  "vae",
		Step:   120,
		Config: []byte("lr: 0.001\nname: \"é\"\n"),
		Tensors: []Tensor{
			{Name: "b", Data: []float32{float32(math.Inf(-1))}},
			{Name: "a/w", Shape: []int{2, 3}, Data: []float32{0, float32(math.Copysign(0, -1)), 1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, math.Float32frombits(0x7fc12345)}},
		},
		State: map[string][]byte{"data": {0, 255, 1}, "noise": {}},
		Meta:  map[string]string{"dataset": "moons", "": "odd \"name\""},
	}
}

func encode(t testing.TB, c *Checkpoint) []byte {
	t.Helper()
	b, err := Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// canonical is what Decode returns for c, with the numbers as bits so that NaN compares.
func canonical(c *Checkpoint) any {
	type tensor struct {
		Name  string
		Shape []int
		Bits  []uint32
	}
	var ts []tensor
	for _, t := range c.Tensors {
		bits := make([]uint32, len(t.Data))
		for i, x := range t.Data {
			bits[i] = math.Float32bits(x)
		}
		ts = append(ts, tensor{t.Name, append([]int{}, t.Shape...), bits})
	}
	slices.SortFunc(ts, func(a, b tensor) int { return strings.Compare(a.Name, b.Name) })
	state, meta := map[string]string{}, map[string]string{}
	for k, v := range c.State {
		state[k] = string(v)
	}
	for k, v := range c.Meta {
		meta[k] = v
	}
	return []any{c.Model, c.Step, string(c.Config), ts, state, meta}
}

func TestRoundTrip(t *testing.T) {
	text := rapid.String()
	tensor := rapid.Custom(func(t *rapid.T) Tensor {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 3).Draw(t, "shape")
		n, _ := elements(shape, 64)
		data := make([]float32, n)
		for i := range data {
			data[i] = math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		}
		return Tensor{Name: rapid.StringN(1, 8, -1).Draw(t, "name"), Shape: shape, Data: data}
	})
	rapid.Check(t, func(t *rapid.T) {
		in := &Checkpoint{
			Model:   text.Draw(t, "model"),
			Step:    rapid.IntRange(0, math.MaxInt).Draw(t, "step"),
			Config:  []byte(text.Draw(t, "config")),
			Tensors: rapid.SliceOfNDistinct(tensor, 0, 4, func(t Tensor) string { return t.Name }).Draw(t, "tensors"),
			State:   rapid.MapOf(text, rapid.SliceOf(rapid.Byte())).Draw(t, "state"),
			Meta:    rapid.MapOf(text, text).Draw(t, "meta"),
		}
		b, err := Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(canonical(in), canonical(out)); d != "" {
			t.Fatal(d)
		}
		slices.Reverse(in.Tensors)
		if again, err := Encode(in); err != nil || !bytes.Equal(b, again) {
			t.Fatalf("the same tensors in another order have other bytes (%v)", err)
		}
	})
}

// Another implementation reads the same numbers.
func TestAnotherReaderAgrees(t *testing.T) {
	c := sample()
	st, err := safetensors.Deserialize(encode(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if st.Len() != len(c.Tensors) {
		t.Errorf("it sees %d tensors, want %d", st.Len(), len(c.Tensors))
	}
	for _, want := range c.Tensors {
		got, ok := st.Tensor(want.Name)
		if !ok || got.DType() != safetensors.F32 || len(got.Shape()) != len(want.Shape) {
			t.Errorf("tensor %s: %v, shape %v", want.Name, got.DType(), got.Shape())
			continue
		}
		for i, x := range want.Data {
			if bits := binary.LittleEndian.Uint32(got.Data()[4*i:]); bits != math.Float32bits(x) {
				t.Errorf("%s[%d] has the bits %x, want %x", want.Name, i, bits, math.Float32bits(x))
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	one := []float32{1}
	for name, change := range map[string]func(*Checkpoint){
		"a name twice": func(c *Checkpoint) {
			c.Tensors = []Tensor{{Name: "a", Data: one}, {Name: "b", Data: one}, {Name: "a", Data: one}}
		},
		"no name":            func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "", Data: one}} },
		"the metadata":       func(c *Checkpoint) { c.Tensors = []Tensor{{Name: metadata, Data: one}} },
		"a wrong shape":      func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "a", Shape: []int{2}, Data: one}} },
		"an empty tensor":    func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "a", Shape: []int{0}}} },
		"a negative extent":  func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "a", Shape: []int{-1, -1}, Data: one}} },
		"an endless shape":   func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "a", Shape: []int{1 << 30, 1 << 30, 1 << 4}}} },
		"a negative step":    func(c *Checkpoint) { c.Step = -1 },
		"bytes for a config": func(c *Checkpoint) { c.Config = []byte{0xff} },
		"bytes for a tensor": func(c *Checkpoint) { c.Tensors = []Tensor{{Name: "\xff", Data: one}} },
		"a state too large":  func(c *Checkpoint) { c.State = map[string][]byte{"s": make([]byte, maxHeader)} },
	} {
		c := sample()
		change(c)
		if _, err := Encode(c); err == nil {
			t.Errorf("%s: was encoded", name)
		}
	}
}

func mustBeCorrupt(t *testing.T, b []byte, what string, args ...any) *CorruptError {
	t.Helper()
	c, err := Decode(b)
	var ce *CorruptError
	if c != nil || !errors.As(err, &ce) || ce.Reason == "" {
		t.Fatalf("%s: got %v, want a *CorruptError", fmt.Sprintf(what, args...), err)
	}
	return ce
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	b := encode(t, sample())
	for i := range 8 * len(b) {
		b[i/8] ^= 1 << (i % 8)
		mustBeCorrupt(t, b, "bit %d of byte %d", i%8, i/8)
		b[i/8] ^= 1 << (i % 8)
	}
}

func TestEveryLengthIsFound(t *testing.T) {
	b := encode(t, sample())
	for n := range b {
		mustBeCorrupt(t, b[:n], "cut to %d of %d bytes", n, len(b))
	}
	for _, tail := range []string{"\x00", " ", "\x00\x00\x00\x00", string(b)} {
		mustBeCorrupt(t, slices.Concat(b, []byte(tail)), "with %q behind", tail)
	}
}

// seal makes a file of a header and data whose sum is right, so that only the structure can
// be at fault.
func seal(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(append(b, header...), data...)
	if at := bytes.Index(b, []byte(string(sumKey)+blank)); at >= 0 {
		sum := sha256.Sum256(b)
		hex.Encode(b[at+len(sumKey):], sum[:])
	}
	return b
}

var meta = `"__metadata__":{"config":"","format":"` + format + `","model":"m","sha256":"` + blank + `","step":"1"}`

// Each file carries the right sum and is refused for its structure alone.
func TestDecodeRefusesWhatIsWrongThoughItsSumIsRight(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	if _, err := Decode(seal("{"+meta+","+a+"}", "abcd")); err != nil {
		t.Fatalf("the pattern of the other cases: %v", err)
	}
	replace := func(old, new string) string { return "{" + strings.Replace(meta, old, new, 1) + "," + a + "}" }
	for name, c := range map[string]struct{ header, data, says string }{
		"a tensor twice":        {"{" + meta + "," + a + "," + a + "}", "abcd", "duplicate"},
		"the metadata twice":    {"{" + meta + "," + meta + "," + a + "}", "abcd", "duplicate"},
		"a member twice":        {"{" + meta + `,"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd", "duplicate"},
		"a step twice":          {replace(`"step":"1"`, `"step":"1","step":"2"`), "abcd", "duplicate"},
		"a member too many":     {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, "abcd", "unknown"},
		"a member too few":      {"{" + meta + `,"a":{"dtype":"F32","data_offsets":[0,4]}}`, "abcd", "shape"},
		"shared bytes":          {"{" + meta + "," + a + "," + strings.Replace(a, "a", "b", 1) + "}", "abcd", "begins at"},
		"overlapping bytes":     {"{" + meta + "," + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, "abcdef", "begins at"},
		"a gap":                 {"{" + meta + "," + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[5,9]}}`, "abcdefghi", "begins at"},
		"a gap at the start":    {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}`, "abcde", "begins at"},
		"empty tensors":         {"{" + meta + `,"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, "", "shape"},
		"a place outside":       {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "abcd", "invalid offsets"},
		"a negative place":      {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, "abcd", "invalid offsets"},
		"a place backwards":     {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "abcd", "invalid offsets"},
		"three offsets":         {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, "abcd", "invalid header entry"},
		"a shape too large":     {"{" + meta + `,"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, "abcd", "shape"},
		"a shape too small":     {"{" + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, "abcdefgh", "invalid offsets"},
		"a negative shape":      {"{" + meta + `,"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "abcd", "shape"},
		"a fraction of a shape": {"{" + meta + `,"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, "abcd", "invalid header entry"},
		"another dtype":         {"{" + meta + `,"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}`, "abcd", `dtype "I32"`},
		"no name":               {"{" + meta + `,"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd", "name"},
		"bytes behind":          {"{" + meta + "," + a + "}", "abcdefgh", "follow"},
		"text behind":           {"{" + meta + "," + a + "} {}", "abcd", "JSON"},
		"no metadata":           {"{" + a + "}", "abcd", "metadata"},
		"another version":       {replace(format, "genlab-checkpoint-2"), "abcd", "genlab-checkpoint-2"},
		"a negative step":       {replace(`"step":"1"`, `"step":"-1"`), "abcd", "step"},
		"a strange step":        {replace(`"step":"1"`, `"step":"01"`), "abcd", "step"},
		"no step":               {replace(`,"step":"1"`, ``), "abcd", "step"},
		"a strange state":       {replace(`"step"`, `"state.x":"!","step"`), "abcd", "state.x"},
		"an unknown entry":      {replace(`"step"`, `"spin":"1","step"`), "abcd", "spin"},
		"no sum":                {replace(`"sha256":"`+blank+`",`, ``), "abcd", "has no SHA-256"},
		"half a sum":            {replace(blank, blank[:32]), "abcd", "SHA-256"},
		"a header too large":    {"{" + meta + "}" + strings.Repeat(" ", maxHeader), "", "header"},
		"no object":             {"[]", "", "begin with {"},
		"null":                  {"null", "", "begin with {"},
		"a space before":        {" {" + meta + "," + a + "}", "abcd", "begin with {"},
		"a long name of format": {replace(format, strings.Repeat("é", 1000)), "abcd", "..."},
	} {
		if e := mustBeCorrupt(t, seal(c.header, c.data), "%s", name); !strings.Contains(e.Reason, c.says) {
			t.Errorf("%s: %q does not say %q", name, e.Reason, c.says)
		} else if len(e.Reason) > 400 {
			t.Errorf("%s: a reason of %d bytes", name, len(e.Reason))
		}
	}
}

func TestAnAbsurdHeaderIsRefusedWithoutReadingIt(t *testing.T) {
	for _, n := range []uint64{1 << 62, math.MaxUint64, math.MaxUint64 - 7, maxHeader + 1} {
		b := binary.LittleEndian.AppendUint64(nil, n)
		b = append(b, "{}      "...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		mustBeCorrupt(t, b, "a header of %d bytes", n)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > 1<<16 {
			t.Errorf("a header of %d bytes: allocated %d", n, allocated)
		}
	}
}

func TestALargeCheckpointIsQuick(t *testing.T) {
	c := &Checkpoint{Tensors: []Tensor{{Name: "w", Shape: []int{1 << 20}, Data: make([]float32, 1<<20)}}}
	start := time.Now()
	b := encode(t, c)
	encoded := time.Since(start)
	if _, err := Decode(b); err != nil {
		t.Fatal(err)
	}
	both := time.Since(start)
	t.Logf("a million numbers: encoded in %v, decoded in %v", encoded, both-encoded)
	if both > 2*time.Second { // about 20 ms: something quadratic, not a slow machine
		t.Errorf("took %v", both)
	}
}

// Whatever Decode takes, Encode writes and Decode takes again.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add(encode(f, &Checkpoint{}))
	f.Add([]byte("{" + meta + "}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The fuzzer cannot guess a sum: its bytes are also tried as a header and data.
		header, data, _ := strings.Cut(string(b), "\x00")
		for _, b := range [][]byte{b, seal(header, data)} {
			c, err := Decode(b)
			if err != nil {
				if ce := (*CorruptError)(nil); !errors.As(err, &ce) {
					t.Fatalf("%T", err)
				}
				continue
			}
			again, err := Encode(c)
			if err != nil {
				t.Fatal(err)
			}
			c2, err := Decode(again)
			if err != nil || !cmp.Equal(canonical(c), canonical(c2)) {
				t.Fatalf("%v: not the same", err)
			}
		}
	})
}
