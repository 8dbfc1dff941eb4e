package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// Tensor is a named array of float32 in row-major order (the last index varies fastest). A
// scalar has an empty Shape and one number; otherwise every extent is at least 1, and Data has
// as many numbers as the product of the extents. Names are UTF-8, not empty and unique within
// a checkpoint. In the tensors of a live model, Data is the model's own memory.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Copy copies the data of saved tensors into the live tensors of the same names, in any order.
// It fails, having changed nothing, where the names of the two lists differ, where a name
// occurs twice, and where a shape or the number of elements differs.
func Copy(live, saved []Tensor) error {
	byName := make(map[string]Tensor, len(saved))
	for _, s := range saved {
		if _, twice := byName[s.Name]; twice {
			return fmt.Errorf("duplicate tensor %q", s.Name)
		}
		byName[s.Name] = s
	}
	from := make([][]float32, len(live))
	for i, l := range live {
		s, ok := byName[l.Name]
		if !ok {
			return fmt.Errorf("missing tensor %q", l.Name)
		}
		if !slices.Equal(s.Shape, l.Shape) || len(s.Data) != len(l.Data) {
			return fmt.Errorf("tensor %q has shape %v; expected %v", l.Name, s.Shape, l.Shape)
		}
		from[i] = s.Data
		delete(byName, l.Name)
	}
	for _, s := range saved {
		if _, left := byName[s.Name]; left {
			return fmt.Errorf("unexpected tensor %q", s.Name)
		}
	}
	for i, l := range live {
		copy(l.Data, from[i])
	}
	return nil
}

// Under returns the tensors of all whose names begin with prefix and a slash, in their order
// and with their full names. Data is shared. No such tensor is not an error: the list is empty.
func Under(prefix string, all []Tensor) []Tensor {
	var found []Tensor
	for _, t := range all {
		if strings.HasPrefix(t.Name, prefix+"/") {
			found = append(found, t)
		}
	}
	return found
}

// Like returns the saved tensors whose names occur in live, in the order of saved. Data is
// shared; shapes are not compared, which [Copy] does.
func Like(live, saved []Tensor) []Tensor {
	names := make(map[string]bool, len(live))
	for _, l := range live {
		names[l.Name] = true
	}
	var found []Tensor
	for _, s := range saved {
		if names[s.Name] {
			found = append(found, s)
		}
	}
	return found
}

// In returns the tensors with prefix and a slash put before each name, as for a part of a
// larger model. Shapes and Data are shared with all, which is unchanged.
func In(prefix string, all []Tensor) []Tensor {
	list := slices.Clone(all)
	for i := range list {
		list[i].Name = prefix + "/" + list[i].Name
	}
	return list
}

// Out undoes [In]: it returns the tensors that [Under] finds, without the prefix and the slash.
func Out(prefix string, all []Tensor) []Tensor {
	list := Under(prefix, all)
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, prefix+"/")
	}
	return list
}
