package datasets

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"genlab/internal/atomicfile"
	"genlab/internal/memory"
	"genlab/internal/table"
)

// Text is a named text for character language models, split into training and validation text.
type Text struct {
	Name    string
	Summary string // one line: what it is
	Train   string // nine tenths
	Valid   string // one tenth
	// EntropyRate is the entropy rate in nats a character: the smallest mean of -log p that any
	// model can reach on a long text. NaN for file:PATH.
	EntropyRate float64
	Source      Source // distribution of Train and Valid; nil for file:PATH
}

// Digest returns the SHA-256 of the whole text.
func (t *Text) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(t.Train + t.Valid)) }

// Source is a distribution of endless texts with exact probabilities. Every text starts in the same
// state.
type Source interface {
	// Draw returns the first n characters of a text. The same state of rng gives the same.
	Sample(n int, rng *rand.Rand) string
	// LogProb returns log p of each character of a text given all those before it, in nats,
	// -Inf from the first on that the source never writes there.
	LogProb(text string) []float64
}

// textCharacters is the length of a synthetic text, training and validation together.
const textCharacters = 1_000_000

// textTable lists the synthetic texts in the order of TextNames.
var textTable = []struct {
	name string
	make func() *Text
}{{"markov", markovText}, {"grammar", grammarText}}

// TextNames returns the names of the synthetic texts.
func TextNames() (names []string) {
	for _, t := range textTable {
		names = append(names, t.name)
	}
	return names
}

// IsText reports whether a name is that of a text: a synthetic one, or file:PATH with an extension
// other than those of points, .txt included, and no query of columns.
func IsText(name string) bool {
	if slices.Contains(TextNames(), name) {
		return true
	}
	path, ok := strings.CutPrefix(name, FilePrefix)
	q, err := table.ParseQuery(path)
	ext := table.Extension(q.Path)
	return ok && err == nil && q.Path == path && (ext == ".txt" || !slices.Contains(table.Formats, ext))
}

// TextByName returns a synthetic text, one of [TextNames], or that of a file for "file:PATH". It fails
// with the errors of [ReadText], and for an unknown name with one that lists the valid names.
func TextByName(name string) (*Text, error) {
	if path, ok := strings.CutPrefix(name, FilePrefix); ok {
		return textFile(path)
	}
	for _, t := range textTable {
		if t.name == name {
			return t.make(), nil
		}
	}
	return nil, unknown("text", name, append(TextNames(), FilePrefix+"PATH"))
}

// synthetic returns the text of a source.
func synthetic(name, summary string, s Source, rate float64) *Text {
	rng := rand.New(rand.NewPCG(1, 0x74657874)) // a fixed seed: results are comparable
	const valid = textCharacters / 10
	return &Text{name, summary, s.Sample(textCharacters-valid, rng), s.Sample(valid, rng), rate, s}
}

// maxText bounds a text file, in bytes. A text takes textMemory times its size until it is encoded.
const (
	maxText    = 1 << 28
	textMemory = 8
)

// ReadText returns the content of a text file. It fails if the file cannot be read, is empty, is larger than 256 MiB
// or than the free memory allows, or is not valid UTF-8; the error has the line, the column and the offset of the
// first invalid byte.
func ReadText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, atomicfile.Cause(err))
	}
	defer f.Close()
	most := min(maxText, memory.Available()/textMemory)
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, atomicfile.Cause(err))
	}
	if int64(len(b)) > most {
		return "", fmt.Errorf("%s: the file is larger than the %d MiB that can be read: take a part (head -c 10000000 FILE)", path, most>>20)
	}
	if len(b) == 0 {
		return "", fmt.Errorf("%s: the file is empty", path)
	}
	if at := invalidUTF8(b); at >= 0 {
		line := 1 + bytes.Count(b[:at], []byte("\n"))
		column := 1 + utf8.RuneCount(b[bytes.LastIndexByte(b[:at], '\n')+1:at])
		return "", fmt.Errorf("%s: line %d, column %d: the byte %#02x at offset %d is not valid UTF-8", path, line, column, b[at], at)
	}
	return string(b), nil
}

// textFile returns the text of a file, split at nine tenths of its characters.
func textFile(path string) (*Text, error) {
	name := FilePrefix + path
	text, err := ReadText(path)
	if err != nil {
		return nil, fmt.Errorf("text %s%w", FilePrefix, err)
	}
	characters := []rune(text)
	if n := len(characters); n < 20 {
		return nil, fmt.Errorf("text %s: %d characters, want 20 or more to split into training and validation text", name, n)
	}
	cut := len(characters) * 9 / 10
	return &Text{
		Name:        name,
		Summary:     fmt.Sprintf("%d characters of %s", len(characters), path),
		Train:       string(characters[:cut]),
		Valid:       string(characters[cut:]),
		EntropyRate: math.NaN(),
	}, nil
}

// invalidUTF8 returns the offset of the first invalid byte, or -1.
func invalidUTF8(b []byte) int {
	for at := 0; at < len(b); {
		c, size := utf8.DecodeRune(b[at:])
		if c == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// pick samples an index with probabilities that sum to 1.
func pick(weights []float64, rng *rand.Rand) int {
	u := rng.Float64()
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// entropyOf returns −Σ p log p, in nats.
func entropyOf(p []float64) float64 {
	h := 0.0
	for _, v := range p {
		if v > 0 {
			h -= v * math.Log(v)
		}
	}
	return h
}
