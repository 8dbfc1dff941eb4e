package checkpoint

import (
	"slices"
	"testing"
)

func TestCopyIsAllOrNothing(t *testing.T) {
	live := func() []Tensor {
		return []Tensor{{"a/w", []int{2}, []float32{1, 2}}, {"b/w", []int{1, 1}, []float32{3}}}
	}
	good := []Tensor{{"b/w", []int{1, 1}, []float32{9}}, {"a/w", []int{2}, []float32{7, 8}}}
	l := live()
	if err := Copy(l, good); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l[0].Data, []float32{7, 8}) || l[1].Data[0] != 9 {
		t.Errorf("got %v", l)
	}
	for name, bad := range map[string][]Tensor{
		"missing":  good[:1],
		"too many": append(slices.Clone(good), Tensor{"c/w", []int{1}, []float32{0}}),
		"shape":    {{"b/w", []int{1, 1}, []float32{9}}, {"a/w", []int{1, 2}, []float32{7, 8}}},
	} {
		l := live()
		err := Copy(l, bad)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if !slices.Equal(l[0].Data, []float32{1, 2}) || l[1].Data[0] != 3 {
			t.Errorf("%s: changed %v", name, l)
		}
	}
}

func TestUnder(t *testing.T) {
	all := []Tensor{{Name: "ema/w"}, {Name: "emaw"}, {Name: "model/w"}}
	if got := Under("ema", all); len(got) != 1 || got[0].Name != "ema/w" {
		t.Errorf("got %v", got)
	}
}
