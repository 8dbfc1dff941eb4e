package train

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Stream is a random number generator whose state can be saved, for one seed and one purpose.
type Stream struct {
	*rand.Rand
	pcg *rand.PCG
}

// NewStream returns the stream of a seed for a purpose ("init", "data", "noise", "sample", ...). Streams
// of other seeds or purposes are independent of it.
func NewStream(seed uint64, purpose string) *Stream {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	pcg := rand.NewPCG(seed, h.Sum64())
	return &Stream{Rand: rand.New(pcg), pcg: pcg}
}

// MarshalBinary returns the state. It implements [encoding.BinaryMarshaler].
func (s *Stream) MarshalBinary() ([]byte, error) { return s.pcg.MarshalBinary() }

// UnmarshalBinary restores a state, or fails if it is not one. It implements
// [encoding.BinaryUnmarshaler].
func (s *Stream) UnmarshalBinary(state []byte) error { return s.pcg.UnmarshalBinary(state) }

// Streams are the random streams of a training loop.
type Streams struct {
	Data  *Stream // of the batches
	Noise *Stream // of the learner
}

// NewStreams returns the streams of a seed.
func NewStreams(seed uint64) *Streams {
	return &Streams{Data: NewStream(seed, "data"), Noise: NewStream(seed, "noise")}
}

// State returns the states of both, under "data" and "noise".
func (s *Streams) State() map[string][]byte {
	data, _ := s.Data.MarshalBinary() // never fails for a PCG
	noise, _ := s.Noise.MarshalBinary()
	return map[string][]byte{"data": data, "noise": noise}
}

// Restore restores what State returned. It fails if a state is missing or invalid.
func (s *Streams) Restore(state map[string][]byte) error {
	for name, stream := range map[string]*Stream{"data": s.Data, "noise": s.Noise} {
		if err := stream.UnmarshalBinary(state[name]); err != nil {
			return fmt.Errorf("the state of stream %s: %w", name, err)
		}
	}
	return nil
}
