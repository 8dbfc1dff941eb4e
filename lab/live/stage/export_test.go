package stage

// Tidy pauses and forgets the stages for which it is time.
func (s *Stages) Tidy() { s.tidy() }
