package stage

import (
	"cmp"

	"genlab/internal/suggest"
)

// Control is a request to start, pause, step, restart or slow down a stage.
type Control struct {
	Do    string   `json:"do"`
	Steps int      `json:"steps"`
	Panel string   `json:"panel"`
	Seed  *uint64  `json:"seed"`
	Speed *float64 `json:"speed"`
}

const maxSteps = 100000 // of one request

// control does what a client asks.
func (s *stage) control(c Control) error {
	if err := suggest.Name("request", c.Do, []string{"start", "pause", "step", "restart", "speed"}); err != nil {
		return bad("%v", err)
	}
	if c.Do == "restart" {
		return s.restart(c.Seed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.Do {
	case "start":
		if s.finished() {
			return conflict("every model has taken its last step: restart, or give more steps")
		}
		s.set(running, "")
	case "pause":
		if s.state == running {
			s.set(paused, "")
		}
	case "speed":
		if c.Speed == nil || !(*c.Speed >= 0.001 && *c.Speed <= 1) {
			return bad("speed must be 0.001 to 1")
		}
		s.speed = *c.Speed
		s.set(s.state, "")
	case "step":
		if s.state == running {
			return conflict("the stage is running: pause it to take single steps")
		}
		n := cmp.Or(c.Steps, 1)
		if n < 1 || n > maxSteps {
			return bad("steps is %d, but must be 1 to %d", n, maxSteps)
		}
		found := c.Panel == ""
		for _, p := range s.panels {
			if c.Panel == "" || p.id == c.Panel {
				p.credit, found = min(p.credit+n, maxSteps), true
			}
		}
		if !found {
			return bad("there is no panel %q", c.Panel)
		}
		s.set(s.state, "")
	}
	return nil
}

// restart begins all trainings again, with another seed unless it is nil.
func (s *stage) restart(seed *uint64) error {
	s.mu.Lock()
	next, was := s.settings, s.state
	s.mu.Unlock()
	if seed != nil {
		next.Seed = *seed
	}
	made, err := s.of.prepare(next)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.panels {
		if p.cancel != nil {
			p.cancel()
		}
	}
	s.data.forget()
	s.settings, s.data, s.oracle, s.panels = next, made.data, made.oracle, made.panels
	if was != running {
		s.state = paused
	}
	s.begin(func(*panel) bool { return true })
	s.announce(true, "")
	return nil
}
