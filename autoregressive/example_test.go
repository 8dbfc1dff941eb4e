package autoregressive_test

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
)

// A model of a text is trained on windows of it; its likelihood is of any text, and what it has
// never seen has one too. Fresh weights are nearly even over the two letters and the class of
// all others.
func ExampleText() {
	const text = "abababababababababababab"
	alphabet, err := autoregressive.AlphabetOf(text)
	if err != nil {
		panic(err)
	}
	cfg := autoregressive.DefaultTextConfig()
	cfg.Context, cfg.Hidden, cfg.Layers, cfg.Heads = 8, 16, 1, 2
	m, err := autoregressive.NewText(cfg, alphabet, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	for i, l := range m.LogProb("ab!") {
		fmt.Printf("%c %.1f\n", "ab!"[i], l)
	}
	_, err = m.Continue("ab!", cfg.Sampling(), rand.New(rand.NewPCG(2, 1)))
	fmt.Println(err)
	// Output:
	// a -1.1
	// b -1.1
	// ! -15.0
	// character 3, '!' (U+0021), is none that the model has seen in training
}

// A point is its digits: with base 10, the first digits of its place in the box.
func ExamplePoints() {
	cfg := autoregressive.DefaultConfig()
	cfg.Base, cfg.Digits, cfg.Interleaved = 10, 3, false
	p, err := autoregressive.NewPoints(cfg, autoregressive.Box{XMin: 0, XMax: 1, YMin: 0, YMax: 1}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	digits, _ := p.Write(0.1234, 0.9876)
	fmt.Println(digits)
	fmt.Println(p.LogProb(mat.NewDense(1, 2, []float64{0.5, 1.5})))
	// Output:
	// 123987
	// [-Inf]
}
