package table

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A safetensors file has named tensors: the length of a JSON header in 8 bytes, the header, the numbers. A tensor is found by
// its name and read at the offsets that the header gives it; the order of the names means nothing.

const maxTensorsHeader = 8 << 20

// rowTensor is an entry of the header.
type rowTensor struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// readSafetensors reads the points of a tensor, n x d. Without a name there must be a single tensor of two axes.
func readSafetensors(b *bufio.Reader, size int64, w Want) (*Table, error) {
	var length [8]byte
	if _, err := io.ReadFull(b, length[:]); err != nil {
		return nil, corruptf("the file ends within its first 8 bytes: this is not a safetensors file")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxTensorsHeader || int64(n) > size-8 {
		return nil, corruptf("its header should have %d bytes but the file has %d: it is truncated or not a safetensors file", n, size)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(b, header); err != nil {
		return nil, corruptf("the file is truncated in its header: %v", err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(header, &entries); err != nil {
		return nil, corruptf("its header is not valid JSON: %v", err)
	}
	delete(entries, "__metadata__")
	all, matrices := map[string]rowTensor{}, []string(nil)
	for name, raw := range entries {
		var t rowTensor
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, corruptf("the header entry of tensor %q: %v", name, err)
		}
		if all[name] = t; len(t.Shape) == 2 {
			matrices = append(matrices, name)
		}
	}
	slices.Sort(matrices)
	name := w.Tensor
	if name == "" && len(matrices) == 1 {
		name = matrices[0]
	}
	t, ok := all[name]
	switch {
	case name == "":
		return nil, fmt.Errorf("it has %d tensors of two axes (%s): choose one by its name, as in '%s?tensor=NAME'", len(matrices), strings.Join(matrices, ", "), w.Path)
	case !ok:
		return nil, fmt.Errorf("it has no tensor %q; its tensors of two axes are %s", name, strings.Join(matrices, ", "))
	case len(t.Shape) != 2 || t.Shape[1] < 1 || t.Shape[1] > maxLine:
		return nil, fmt.Errorf("tensor %q has shape %v, want (n, d)", name, t.Shape)
	}
	value, width, err := tensorType(t.DType)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", name, err)
	}
	if t.Offsets[0] < 0 || t.Offsets[1] < t.Offsets[0] || t.Offsets[1] > size-8-int64(n) {
		return nil, corruptf("tensor %q has offsets %v in %d bytes of data", name, t.Offsets, size-8-int64(n))
	}
	if _, err := io.CopyN(io.Discard, b, t.Offsets[0]); err != nil {
		return nil, corruptf("the file is truncated: %v", err)
	}
	a := layout{rows: t.Shape[0], shape: fmt.Sprintf("tensor %q of shape %v", name, t.Shape)}
	for j := range t.Shape[1] {
		a.columns = append(a.columns, binaryColumn{strconv.FormatInt(j+1, 10), value, width})
	}
	return a.read(b, t.Offsets[1]-t.Offsets[0], fmt.Sprintf("(%d, %d)", t.Shape[0], t.Shape[1]), w)
}

// tensorType returns how a value of a dtype is read of so many bytes.
func tensorType(dtype string) (value func([]byte) float64, width int, err error) {
	if dtype == "BF16" {
		return func(b []byte) float64 {
			return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
		}, 2, nil
	}
	of := map[string]string{"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "I16": "<i2", "U8": "|u1"}[dtype]
	if of == "" {
		return nil, 0, fmt.Errorf("its dtype is %s, want F64, F32, BF16, I64, I32, I16 or U8", dtype)
	}
	return npyType(of)
}
