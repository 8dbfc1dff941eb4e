package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"genlab/checkpoint"
)

// Save the tensors of a model, and restore them into another of the same shapes.
func Example() {
	dir, err := os.MkdirTemp("", "checkpoint")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	trained := []checkpoint.Tensor{
		{Name: "layer/w", Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
		{Name: "layer/b", Shape: []int{3}, Data: []float32{0.5, 0, -0.5}},
		{Name: "temperature", Data: []float32{0.7}}, // a scalar
	}
	if err := checkpoint.Save(path, &checkpoint.Checkpoint{Model: "linear", Step: 1000, Tensors: trained}); err != nil {
		fmt.Println(err)
		return
	}

	c, err := checkpoint.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Model, "after", c.Step, "steps")
	for _, t := range c.Tensors {
		fmt.Println(t.Name, t.Shape, t.Data)
	}

	layer := []checkpoint.Tensor{
		{Name: "w", Shape: []int{2, 3}, Data: make([]float32, 6)},
		{Name: "b", Shape: []int{3}, Data: make([]float32, 3)},
	}
	fmt.Println(checkpoint.Copy(layer, checkpoint.Out("layer", c.Tensors)), layer[0].Data)
	// Output:
	// linear after 1000 steps
	// layer/b [3] [0.5 0 -0.5]
	// layer/w [2 3] [1 2 3 4 5 6]
	// temperature [] [0.7]
	// <nil> [1 2 3 4 5 6]
}

// Tensors of a model of another size are an error that changes nothing.
func ExampleCopy() {
	live := []checkpoint.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, 2}}}
	saved := []checkpoint.Tensor{{Name: "w", Shape: []int{3}, Data: []float32{7, 8, 9}}}
	fmt.Println(checkpoint.Copy(live, saved))
	fmt.Println(checkpoint.Copy(live, nil))
	fmt.Println(live[0].Data)
	// Output:
	// tensor "w" has shape [3]; expected [2]
	// missing tensor "w"
	// [1 2]
}

// A damaged file is a *CorruptError, which says what is wrong with it.
func ExampleCorruptError() {
	var file bytes.Buffer
	c := &checkpoint.Checkpoint{Tensors: []checkpoint.Tensor{{Name: "w", Shape: []int{2}, Data: []float32{1, 2}}}}
	if err := checkpoint.Write(&file, c); err != nil {
		fmt.Println(err)
		return
	}
	file.Bytes()[file.Len()-1] ^= 1 // flip a bit of the last number
	_, err := checkpoint.Read(&file)
	var damaged *checkpoint.CorruptError
	fmt.Println(errors.As(err, &damaged))
	fmt.Println(err)
	// Output:
	// true
	// corrupt: its SHA-256 is fafa3082...; expected 64d5aef4...: it was damaged or changed after it was written
}
