package table

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tensorFile is a safetensors file with the header as it is given and values of float32.
func tensorFile(header string, values ...float32) string {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, uint64(len(header)))
	b.WriteString(header)
	binary.Write(&b, binary.LittleEndian, values)
	return b.String()
}

// TestSafetensorsByName: a tensor is read by its name and offsets, in whatever order the header and the data have them.
func TestSafetensorsByName(t *testing.T) {
	entry := func(shape string, from, to int) string {
		return fmt.Sprintf(`{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, shape, 4*from, 4*to)
	}
	second, first, labels := entry("[2,2]", 4, 8), entry("[2,2]", 0, 4), entry("[2]", 8, 10)
	for _, header := range []string{
		`{"b":` + second + `,"a":` + first + `,"labels":` + labels + `}`,
		`{"labels":` + labels + `,"a":` + first + `,"__metadata__":{"a":"b"},"b":` + second + `}`,
	} {
		content := tensorFile(header, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1)
		for query, want := range map[string][]float64{"?tensor=a": {1, 2, 3, 4}, "?tensor=b": {5, 6, 7, 8}, "?tensor=b&x=2&y=1": {6, 5, 8, 7}} {
			q, err := ParseQuery("f.safetensors" + query)
			if err != nil {
				t.Fatal(err)
			}
			x, err := from(content, Want{Query: q, Width: 2})
			if err != nil || !slices.Equal(x.Values, want) {
				t.Errorf("%s: %+v, %v", query, x, err)
			}
		}
		for query, want := range map[string]string{"": "choose one by its name", "?tensor=c": `no tensor "c"`, "?tensor=labels": "want (n, d)"} {
			q, _ := ParseQuery("f.safetensors" + query)
			if _, err := from(content, Want{Query: q, Width: 2}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", query, err, want)
			}
		}
	}
	if x, err := from(tensorFile(`{"only":`+first+`}`, 1, 2, 3, 4), Want{Width: 2}); err != nil || !slices.Equal(x.Values, []float64{1, 2, 3, 4}) {
		t.Errorf("a single tensor: %+v, %v", x, err)
	}
	for header, want := range map[string]string{
		`{"a":` + entry("[2,2]", 0, 5) + `}`:                   "invalid",
		`{"a":` + strings.Replace(first, "F32", "F8", 1) + `}`: "dtype is F8",
		`{"a":1}`: "header entry",
	} {
		_, err := from(tensorFile(header, 1, 2, 3, 4), Want{Width: 2})
		if err == nil || want != "invalid" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", header, err)
		}
	}
	if !json.Valid([]byte(first)) {
		t.Error("the test writes no JSON")
	}
}

// TestNPYRecords: the fields of records are columns with names.
func TestNPYRecords(t *testing.T) {
	file := npy("{'descr': [('y', '<f4'), ('kind', '<i4'), ('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", []float32{})
	var b bytes.Buffer
	for _, row := range []struct {
		Y    float32
		Kind int32
		X    float32
	}{{1, 7, 2}, {3, -7, 4}} {
		binary.Write(&b, binary.LittleEndian, row)
	}
	file += b.String()
	q, err := ParseQuery("f.npy?x=x&y=y&label=kind")
	if err != nil {
		t.Fatal(err)
	}
	x, err := from(file, Want{Query: q, Width: 2})
	if err != nil || !slices.Equal(x.Values, []float64{2, 1, 4, 3}) || !slices.Equal(x.Labels, []string{"-7", "7"}) {
		t.Errorf("%+v, %v", x, err)
	}
}
