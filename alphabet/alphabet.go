// Package alphabet encodes text as indices of its characters, as models of text take it.
//
//	a, err := alphabet.Of(text)            // the characters of a training text
//	windows, err := a.Windows(text, 64)    // training data: windows of 65 characters
//	ids, err := a.Encode("to be")          // and a.Decode(ids)
//
// It is to text what package standardize is to points. Characters are Unicode code points without
// normalisation: two encodings of the same accented letter are different strings.
package alphabet

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
)

// Alphabet is the vocabulary of a model of text: the characters in the order of their code points. A
// character is encoded as its index.
type Alphabet []rune

// Of returns the characters of a text. It fails if there are fewer than two.
func Of(text string) (Alphabet, error) {
	seen := map[rune]bool{}
	var a Alphabet
	for _, c := range text {
		if !seen[c] {
			seen[c] = true
			a = append(a, c)
		}
	}
	switch len(a) {
	case 0:
		return nil, errors.New("the text is empty")
	case 1:
		return nil, fmt.Errorf("the text repeats one character, %q: there is nothing to learn", a[0])
	}
	slices.Sort(a)
	return a, nil
}

// UnknownCharacterError reports a character that is not in an alphabet.
type UnknownCharacterError struct {
	Char rune
	At   int // position in the text, in characters from 1
}

func (e *UnknownCharacterError) Error() string {
	return fmt.Sprintf("character %d, %q (%U), is not in the alphabet of the training text", e.At, e.Char, e.Char)
}

// Encode returns the indices of the characters, or an *[UnknownCharacterError].
func (a Alphabet) Encode(text string) ([]int, error) {
	ids := a.Indices(text)
	for i, id := range ids {
		if id == len(a) {
			return nil, &UnknownCharacterError{[]rune(text)[i], i + 1}
		}
	}
	return ids, nil
}

// Indices is [Alphabet.Encode] with len(a) for a character that is not in the alphabet.
func (a Alphabet) Indices(text string) []int {
	ids := make([]int, 0, utf8.RuneCountInString(text))
	for _, c := range text {
		i, ok := slices.BinarySearch(a, c)
		if !ok {
			i = len(a)
		}
		ids = append(ids, i)
	}
	return ids
}

// Decode returns the text of the indices. It panics if one is out of range.
func (a Alphabet) Decode(ids []int) string {
	text := make([]rune, len(ids))
	for i, id := range ids {
		text[i] = a[id]
	}
	return string(text)
}

// Windows returns the training data of a model: its samples are windows of the text that start at a
// uniform position, as rows of indices, n x (context + 1). It fails if the text is not longer than
// the context, or has a character that is not in the alphabet.
func (a Alphabet) Windows(text string, context int) (genlab.Sampler, error) {
	ids, err := a.Encode(text)
	if err != nil {
		return nil, err
	}
	if len(ids) <= context {
		return nil, fmt.Errorf("a context of %d characters needs a training text of at least %d, but it has %d", context, context+1, len(ids))
	}
	return windows{ids, context + 1}, nil
}

type windows struct {
	ids   []int
	width int
}

// Sample returns n windows (n x (context + 1)).
func (w windows) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, w.width, nil)
	for i := range n {
		at := rng.IntN(len(w.ids) - w.width + 1)
		row := x.RawRowView(i)
		for k := range row {
			row[k] = float64(w.ids[at+k])
		}
	}
	return x
}

// LogUnknown returns the logarithm of the number of characters of Unicode that are not in the alphabet,
// 1,112,064 minus its own: the class of unknown characters is uniform over them.
func (a Alphabet) LogUnknown() float64 {
	return math.Log(float64(utf8.MaxRune + 1 - 2048 - len(a))) // without surrogates
}

// tensor holds the characters in a checkpoint.
const tensor = "alphabet/characters"

// State returns the characters as a tensor of a checkpoint.
func (a Alphabet) State() []checkpoint.Tensor {
	t := checkpoint.Tensor{Name: tensor, Shape: []int{len(a)}}
	for _, c := range a {
		t.Data = append(t.Data, float32(c)) // exact: code points have 21 bits
	}
	return []checkpoint.Tensor{t}
}

// Saved reports whether a state has an alphabet.
func Saved(state []checkpoint.Tensor) bool { return len(checkpoint.Under("alphabet", state)) > 0 }

// FromState returns the alphabet that State saved, none where there is none. It fails if the values are
// not characters in ascending order.
func FromState(saved []checkpoint.Tensor) (Alphabet, error) {
	var a Alphabet
	for _, s := range checkpoint.Under("alphabet", saved) {
		for _, v := range s.Data {
			c := rune(v)
			if float32(c) != v || !utf8.ValidRune(c) || len(a) > 0 && c <= a[len(a)-1] {
				return nil, fmt.Errorf("tensor %q holds %v, which is not the next character of a sorted alphabet", s.Name, v)
			}
			a = append(a, c)
		}
	}
	return a, nil
}
