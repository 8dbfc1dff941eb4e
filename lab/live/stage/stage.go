package stage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"genlab/lab/models"
)

// States of a stage.
const (
	paused    = "paused"
	running   = "running"
	done      = "done"      // all panels have taken their last step
	unwatched = "unwatched" // paused because nobody listened
)

// stage is some models that train on the same data.
type stage struct {
	id    string
	of    *Stages
	ctx   context.Context
	close context.CancelFunc
	hub   hub
	wake  chan struct{} // tells the painter that there is something new
	ended chan struct{} // the painter's end

	mu       sync.Mutex
	settings Settings
	data     *loaded
	oracle   *oracle
	panels   []*panel
	state    string
	speed    float64
	serial   int           // of the last change of state, speed or panels
	changed  chan struct{} // closed when state, speed or a credit changes
	alone    time.Time     // since when nobody listens; zero while somebody does
}

// newStage returns a paused stage of settings, and fails with an [InvalidError] where they are not valid.
func newStage(of *Stages, id string, s Settings) (*stage, error) {
	ctx, cancel := context.WithCancel(of.ctx)
	st := &stage{
		id: id, of: of, ctx: ctx, close: cancel, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		state: paused, speed: 1, changed: make(chan struct{}), alone: of.o.Now(),
	}
	if err := st.apply(s); err != nil {
		cancel()
		return nil, err
	}
	go st.paint()
	return st, nil
}

// end stops the trainings and frees the data.
func (s *stage) end() {
	s.close()
	s.mu.Lock()
	panels := s.panels
	s.mu.Unlock()
	for _, p := range panels {
		p.stop()
	}
	<-s.ended
	s.hub.closeAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data != nil {
		s.data.forget()
		s.data = nil
	}
}

// apply makes the stage one of other settings. Panels whose settings, data and seed are the same go on.
func (s *stage) apply(next Settings) error {
	made, err := s.of.prepare(next)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	same := s.data != nil && s.data.name == made.data.name && s.settings.Seed == next.Seed
	old := s.panels
	s.panels = nil
	var kept []*panel
	for _, p := range made.panels {
		i := slices.IndexFunc(old, func(o *panel) bool {
			return same && o.cannot == "" && p.cannot == "" && o.model.Model == p.model.Model && sameSet(o.model.Set, p.model.Set) && !slices.Contains(kept, o)
		})
		if i < 0 {
			s.panels = append(s.panels, p)
			continue
		}
		o := old[i]
		kept = append(kept, o)
		if !sameSet(o.model.Sampling, p.model.Sampling) {
			if err := o.setSampling(p.model.Sampling); err != nil {
				return err
			}
		}
		o.id, o.model = p.id, p.model
		if s.settings.Samples != next.Samples {
			o.version.Add(1)
		}
		s.panels = append(s.panels, o)
	}
	for _, o := range old {
		if !slices.Contains(kept, o) && o.cancel != nil {
			o.cancel()
		}
	}
	if s.data != nil {
		s.data.forget()
	}
	s.settings, s.data, s.oracle = next, made.data, made.oracle
	s.begin(func(p *panel) bool { return !slices.Contains(kept, p) })
	if s.state == done && len(kept) < len(s.panels) {
		s.state = paused
	}
	s.announce(true, "")
	return nil
}

// begin starts the goroutines of panels; s.mu is held. They wait at their gate while the stage is paused.
func (s *stage) begin(which func(*panel) bool) {
	for _, p := range s.panels {
		if p.cannot != "" || !which(p) {
			continue
		}
		ctx, cancel := context.WithCancel(s.ctx)
		p.cancel = cancel
		go p.run(ctx, func(ctx context.Context, t *turn) bool { return s.gate(ctx, p, t) }, func() { s.stepped(p) })
	}
	s.poke()
}

// gate waits until a panel may take a step: while the stage runs, or a step is asked for, in the panel's turn.
func (s *stage) gate(ctx context.Context, p *panel, t *turn) bool {
	for {
		s.mu.Lock()
		may, speed, changed := s.state == running, s.speed, s.changed
		if !may && p.credit > 0 {
			p.credit--
			may, speed = true, 1
		}
		s.mu.Unlock()
		if may {
			if rest := time.Duration((1/speed - 1) * float64(time.Since(t.step))); rest > 0 && !t.step.IsZero() {
				t.release()
				select {
				case <-time.After(min(rest, 2*time.Second)):
				case <-changed:
				case <-ctx.Done():
				}
			}
			ok := t.take(ctx, s.of.slots)
			t.step = time.Now()
			return ok
		}
		t.release()
		t.step = time.Time{}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// stepped tells the painter of a step, and notes the end of the last training.
func (s *stage) stepped(p *panel) {
	s.poke()
	if p.now.state == "" {
		return
	}
	go func() { // the stage may be locked by one who waits for the panel
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.finished() && s.state == running {
			s.set(done, "")
		}
	}()
}

// finished reports whether no panel has a step to take; s.mu is held.
func (s *stage) finished() bool {
	return !slices.ContainsFunc(s.panels, func(p *panel) bool { return p.cannot == "" && p.latest.Load().state == "" })
}

// set changes the state and lets the gates know; s.mu is held.
func (s *stage) set(state, why string) {
	s.state = state
	close(s.changed)
	s.changed = make(chan struct{})
	s.announce(false, why)
}

func (s *stage) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// panel returns the panel of an id.
func (s *stage) panel(id string) (*panel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.panels {
		if p.id == id && p.cannot == "" {
			return p, nil
		}
	}
	return nil, bad("there is no panel %q", id)
}

func sameSet(a, b map[string]string) bool {
	return fmt.Sprint(a) == fmt.Sprint(b) // maps are printed in the order of their keys
}

// title returns the name of a model for people.
func title(model string) string {
	if t, ok := titles[model]; ok {
		return t
	}
	m, err := models.All.Named(model)
	if err != nil {
		return model
	}
	return m.About().Name
}
