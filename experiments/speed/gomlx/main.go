// Command gomlxpeer is the side of GoMLX, with its backend in pure Go, of the speed experiment: it reads
// "KIND HIDDEN ROWS" a line, and answers with the median microseconds of one call. Its arguments are the mode
// (go) and the number of threads. It is a module of its own, so that genlab does not depend on GoMLX.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers"
	"github.com/gomlx/gomlx/pkg/ml/layers/activations"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"
)

func main() {
	threads, err := strconv.Atoi(os.Args[2])
	must(err)
	runtime.GOMAXPROCS(threads)
	fmt.Println("gomlx v0.26.0")
	steps := map[string]func(){}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		line := in.Text()
		if steps[line] == nil {
			var kind string
			var hidden, rows int
			_, err := fmt.Sscan(line, &kind, &hidden, &rows)
			must(err)
			if kind != "train" {
				panic("gomlxpeer: only training steps, got " + kind)
			}
			steps[line] = step(hidden, rows)
		}
		fmt.Println(measure(steps[line]))
	}
}

// step returns a training step of the network 34 -> hidden -> hidden -> hidden -> 2 with SiLU, mean squared error
// and Adam.
func step(hidden, rows int) func() {
	backend, err := simplego.New("")
	must(err)
	model := func(ctx *context.Context, _ any, inputs []*graph.Node) []*graph.Node {
		x := inputs[0]
		for i := range 3 {
			x = activations.Swish(layers.DenseWithBias(ctx.In(fmt.Sprint(i)), x, hidden))
		}
		return []*graph.Node{layers.DenseWithBias(ctx.In("last"), x, 2)}
	}
	trainer := train.NewTrainer(backend, context.New(), model, losses.MeanSquaredError, optimizers.Adam().LearningRate(1e-3).Done(), nil, nil)
	x, target := normals(rows, 34), normals(rows, 2)
	return func() {
		in, err := x.Clone() // the step takes its inputs
		must(err)
		out, err := target.Clone()
		must(err)
		_, err = trainer.TrainStep(nil, []*tensors.Tensor{in}, []*tensors.Tensor{out})
		must(err)
	}
}

func normals(rows, cols int) *tensors.Tensor {
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = float32(rand.NormFloat64())
	}
	return tensors.FromFlatDataAndDimensions(values, rows, cols)
}

// measure returns the median time of a call over 0.7 s after 0.3 s of warm-up, as the other peers do.
func measure(step func()) float64 {
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		step()
	}
	var times []float64
	for end := time.Now().Add(700 * time.Millisecond); time.Now().Before(end); {
		start := time.Now()
		step()
		times = append(times, float64(time.Since(start).Nanoseconds())/1e3)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
