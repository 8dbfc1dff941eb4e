package train

import (
	"hash/fnv"
	"math/rand/v2"
)

// Stream is a random stream whose state can be saved. It belongs to one seed and one purpose.
type Stream struct {
	*rand.Rand
	pcg *rand.PCG
}

// NewStream returns the stream of a purpose ("init", "data", "noise", "sample", ...) under a
// seed. Streams of other purposes or seeds are independent of it.
func NewStream(seed uint64, purpose string) *Stream {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	pcg := rand.NewPCG(seed, h.Sum64())
	return &Stream{Rand: rand.New(pcg), pcg: pcg}
}

// MarshalBinary returns the state (encoding.BinaryMarshaler).
func (s *Stream) MarshalBinary() ([]byte, error) { return s.pcg.MarshalBinary() }

// UnmarshalBinary restores a state.
func (s *Stream) UnmarshalBinary(state []byte) error { return s.pcg.UnmarshalBinary(state) }
