// Package checkpoint is the currency of checkpoints: named arrays, as a model or an optimiser
// offers them for saving and takes them back.
package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// Tensor is a named array of numbers, the last index running fastest. A scalar has the empty
// shape; every extent is at least 1. Of a live model, Data is the model's own memory.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Copy copies saved arrays into the live ones of the same names. It fails, having changed
// nothing, where a name is missing, left over, or has another shape.
func Copy(live, saved []Tensor) error {
	byName := make(map[string]Tensor, len(saved))
	for _, s := range saved {
		byName[s.Name] = s
	}
	for _, l := range live {
		s, ok := byName[l.Name]
		if !ok {
			return fmt.Errorf("there is no tensor %q", l.Name)
		}
		if !slices.Equal(s.Shape, l.Shape) || len(s.Data) != len(l.Data) {
			return fmt.Errorf("tensor %q has shape %v, not %v", l.Name, s.Shape, l.Shape)
		}
		delete(byName, l.Name)
	}
	for _, s := range saved {
		if _, left := byName[s.Name]; left {
			return fmt.Errorf("there is a tensor %q too many", s.Name)
		}
	}
	for _, l := range live {
		i := slices.IndexFunc(saved, func(s Tensor) bool { return s.Name == l.Name })
		copy(l.Data, saved[i].Data)
	}
	return nil
}

// Under returns the tensors whose names begin with prefix and a slash.
func Under(prefix string, all []Tensor) []Tensor {
	var found []Tensor
	for _, t := range all {
		if strings.HasPrefix(t.Name, prefix+"/") {
			found = append(found, t)
		}
	}
	return found
}

// Like returns the saved tensors that have the names of live ones.
func Like(live, saved []Tensor) []Tensor {
	var found []Tensor
	for _, s := range saved {
		if slices.ContainsFunc(live, func(l Tensor) bool { return l.Name == s.Name }) {
			found = append(found, s)
		}
	}
	return found
}

// In returns the tensors under a prefix and a slash: those of a part of a larger thing. The
// memory is the same.
func In(prefix string, all []Tensor) []Tensor {
	list := slices.Clone(all)
	for i := range list {
		list[i].Name = prefix + "/" + list[i].Name
	}
	return list
}

// Out undoes In for the tensors that have the prefix, and leaves out all others.
func Out(prefix string, all []Tensor) []Tensor {
	list := Under(prefix, all)
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, prefix+"/")
	}
	return list
}
