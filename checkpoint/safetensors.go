package checkpoint

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A safetensors file is the length of the header (8 bytes, little endian), the header (a JSON
// object that maps tensor names to dtype, shape and offsets, and "__metadata__" to a map of
// strings), then the numbers. It is written and read here without a library: the one for Go
// accepts duplicate names and tensors that share bytes, and once those are checked nothing is
// left for it to do. The tests use it as a second reader.
const (
	format    = "genlab-checkpoint-1"
	metadata  = "__metadata__"
	maxHeader = 8 << 20
	maxFile   = 1 << 30
)

// The SHA-256 covers every byte of the file, with blank in place of its own digits. Nothing
// else in a header contains sumKey: a quote within a JSON string is escaped by a backslash.
var (
	sumKey = []byte(`"sha256":"`)
	blank  = strings.Repeat("0", 2*sha256.Size)
)

// Encode returns the checkpoint as the bytes of a safetensors file, with the tensors sorted by
// name. Equal contents give equal bytes, whatever the order of the tensors; numbers keep their
// bits, also those of a NaN. Encode fails where Step is negative, where a name is empty, is
// "__metadata__" or occurs twice, where a shape has an extent below 1 or does not match the
// number of elements, where a text is not UTF-8, and where the header (State is part of it)
// exceeds 8 MB or the file 1 GB.
func Encode(c *Checkpoint) ([]byte, error) {
	tensors := slices.SortedFunc(slices.Values(c.Tensors), func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	header, size, err := encodeHeader(c, tensors)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	b := make([]byte, 0, 8+len(header)+size)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(header)))
	b = append(b, header...)
	for _, t := range tensors {
		for _, x := range t.Data {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	at := 8 + bytes.Index(header, sumKey) + len(sumKey)
	sum := sha256.Sum256(b)
	hex.Encode(b[at:], sum[:])
	return b, nil
}

// encodeHeader returns the header with a blank sum, and the size of the numbers in bytes.
func encodeHeader(c *Checkpoint, tensors []Tensor) (header []byte, size int, err error) {
	if c.Step < 0 {
		return nil, 0, fmt.Errorf("negative step %d", c.Step)
	}
	meta := map[string]string{
		"format": format, "version": strconv.Itoa(version), "model": c.Model, "step": strconv.Itoa(c.Step),
		"config": string(c.Config), "sha256": blank,
	}
	for k, v := range c.State {
		meta["state."+k] = base64.StdEncoding.EncodeToString(v)
	}
	for k, v := range c.Meta {
		meta["meta."+k] = v
	}
	quote := func(s string) {
		var e error
		if header, e = jsontext.AppendQuote(header, s); e != nil && err == nil {
			err = fmt.Errorf("%.100q is not valid UTF-8", s)
		}
	}
	header = append(header, `{"`+metadata+`":`...)
	sep := byte('{')
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		header = append(header, sep)
		quote(k)
		header = append(header, ':')
		quote(meta[k])
		sep = ','
	}
	header = append(header, '}')
	for i, t := range tensors {
		n, ok := elements(t.Shape, maxFile/4)
		switch {
		case t.Name == "" || t.Name == metadata:
			return nil, 0, fmt.Errorf("invalid tensor name %q", t.Name)
		case i > 0 && t.Name == tensors[i-1].Name:
			return nil, 0, fmt.Errorf("duplicate tensor %q", t.Name)
		case !ok || n != len(t.Data):
			return nil, 0, fmt.Errorf("tensor %q has shape %v but %d elements", t.Name, t.Shape, len(t.Data))
		}
		header = append(header, ',')
		quote(t.Name)
		shape := strings.ReplaceAll(fmt.Sprint(t.Shape), " ", ",")
		header = fmt.Appendf(header, `:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, shape, size, size+4*n)
		if size += 4 * n; size > maxFile {
			break
		}
	}
	header = append(header, '}')
	for len(header)%8 != 0 { // align the numbers
		header = append(header, ' ')
	}
	if err == nil && (len(header) > maxHeader || 8+len(header)+size > maxFile) {
		err = fmt.Errorf("too large: the header is limited to %d MB and the file to %d MB", maxHeader>>20, maxFile>>20)
	}
	return header, size, err
}

// elements returns the product of the extents of a shape. ok is false where an extent is below
// 1 or the product exceeds limit.
func elements(shape []int, limit int) (n int, ok bool) {
	n = 1
	for _, extent := range shape {
		if extent < 1 || extent > limit/n {
			return 0, false
		}
		n *= extent
	}
	return n, n <= limit
}

// Decode is the inverse of [Encode]; the tensors are sorted by name and do not share memory with
// b. It fails with a *CorruptError without a path where b is not exactly one sound checkpoint:
// truncated or extended, of another format, with a wrong SHA-256, with duplicate names, or with
// tensors that are not F32 or do not cover the data without gap or overlap.
func Decode(b []byte) (*Checkpoint, error) {
	c, err := decode(b)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func decode(b []byte) (*Checkpoint, *CorruptError) {
	if len(b) > maxFile {
		return nil, corrupt("it is larger than the limit of %d MB", maxFile>>20)
	}
	if len(b) < 8 {
		return nil, corrupt("it ends after %d bytes", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader || n > uint64(len(b)-8) {
		return nil, corrupt("its header should have %d bytes but the file has %d: it is truncated or not a checkpoint", n, len(b))
	}
	header, data := b[8:8+n], b[8+n:]
	if len(header) == 0 || header[0] != '{' { // safetensors demands it, though JSON would allow a space
		return nil, corrupt("its header does not begin with {: it is not a checkpoint")
	}

	var entries map[string]jsontext.Value // duplicate names are errors, at any depth
	if err := json.Unmarshal(header, &entries); err != nil {
		return nil, corrupt("its header is not valid JSON: %w", err)
	}
	var meta map[string]string
	if err := json.Unmarshal(entries[metadata], &meta); err != nil {
		return nil, corrupt("its header has no metadata: %w", err)
	}
	if meta["format"] != format {
		return nil, corrupt("its format is %q; expected %q", meta["format"], format)
	}
	if err := checkVersion(meta["version"]); err != nil { // before the sum, which a newer version may take otherwise
		return nil, err
	}
	if err := verify(b, int(8+n), meta["sha256"]); err != nil {
		return nil, err
	}
	delete(entries, metadata)
	c := &Checkpoint{State: map[string][]byte{}, Meta: map[string]string{}}
	if err := c.decodeMeta(meta); err != nil {
		return nil, err
	}
	if err := c.decodeTensors(entries, data); err != nil {
		return nil, err
	}
	return c, nil
}

func verify(b []byte, headerEnd int, sum string) *CorruptError {
	header := bytes.Clone(b[:headerEnd])
	at := bytes.Index(header, sumKey)
	if at < 0 {
		return corrupt("its header has no SHA-256")
	}
	copy(header[at+len(sumKey):], blank)
	h := sha256.New()
	h.Write(header)
	h.Write(b[headerEnd:])
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return corrupt("its SHA-256 is %.8s...; expected %.8s...: it was damaged or changed after it was written", got, sum)
	}
	return nil
}

func (c *Checkpoint) decodeMeta(meta map[string]string) *CorruptError {
	for _, k := range []string{"model", "step", "config"} {
		if _, ok := meta[k]; !ok {
			return corrupt("its metadata has no %s", k)
		}
	}
	for k, v := range meta {
		var err error
		switch kind, name, named := strings.Cut(k, "."); {
		case k == "model":
			c.Model = v
		case k == "config":
			c.Config = []byte(v)
		case k == "step":
			c.Step, err = strconv.Atoi(v)
			if err == nil && (c.Step < 0 || strconv.Itoa(c.Step) != v) {
				err = errors.New("not a canonical non-negative integer")
			}
		case named && kind == "state":
			c.State[name], err = base64.StdEncoding.Strict().DecodeString(v)
		case named && kind == "meta":
			c.Meta[name] = v
		case k != "format" && k != "sha256" && k != "version":
			err = errors.New("unknown key")
		}
		if err != nil {
			return corrupt("its metadata has the value %.100q for %q: %w", v, k, err)
		}
	}
	return nil
}

// entry describes a tensor in the header.
type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
	name    string
}

// decodeTensors sets c.Tensors, which must cover data without gap or overlap.
func (c *Checkpoint) decodeTensors(entries map[string]jsontext.Value, data []byte) *CorruptError {
	list := make([]entry, 0, len(entries))
	for name, v := range entries {
		p := entry{name: name}
		if err := json.Unmarshal(v, &p, json.RejectUnknownMembers(true)); err != nil {
			return corrupt("invalid header entry of tensor %q: %w", name, err)
		}
		switch n, ok := elements(p.Shape, len(data)/4); {
		case name == "":
			return corrupt("a tensor has an empty name")
		case p.DType != "F32":
			return corrupt("tensor %q has dtype %q; expected F32", name, p.DType)
		case p.Shape == nil || !ok:
			return corrupt("tensor %q has an invalid shape %v", name, p.Shape)
		case p.Offsets[0] < 0 || p.Offsets[1] > len(data) || p.Offsets[1]-p.Offsets[0] != 4*n:
			return corrupt("tensor %q of shape %v has invalid offsets %v in %d bytes of data", name, p.Shape, p.Offsets, len(data))
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.Offsets[0], b.Offsets[0]) })
	end := 0
	for _, p := range list {
		if p.Offsets[0] != end {
			return corrupt("tensor %q begins at byte %d; expected %d", p.name, p.Offsets[0], end)
		}
		end = p.Offsets[1]
	}
	if end != len(data) {
		return corrupt("%d extra bytes follow the last tensor", len(data)-end)
	}
	for _, p := range list {
		t := Tensor{Name: p.name, Shape: p.Shape, Data: make([]float32, (p.Offsets[1]-p.Offsets[0])/4)}
		for i := range t.Data {
			t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[p.Offsets[0]+4*i:]))
		}
		c.Tensors = append(c.Tensors, t)
	}
	slices.SortFunc(c.Tensors, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
