package stage

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Event is a message to a listener: its name and the JSON of its data.
type Event struct {
	Name string
	Data []byte
}

// hub passes messages to listeners and never waits for one.
type hub struct {
	mu        sync.Mutex
	listeners []*Listener
	ended     bool
}

// Listener gets the messages of a stage. A listener that is slow gets the newest of each kind.
type Listener struct {
	stage  *stage
	mu     sync.Mutex
	order  []string // keys of the messages, the oldest first
	newest map[string]Event
	notify chan struct{}
	ended  bool
}

// Listen returns a listener to a stage, which first gets its whole state. Close it. It fails where there is no such
// stage or it has too many listeners.
func (s *Stages) Listen(id string) (*Listener, error) {
	st, err := s.stage(id)
	if err != nil {
		return nil, err
	}
	l := &Listener{stage: st, newest: map[string]Event{}, notify: make(chan struct{}, 1)}
	for key, e := range st.whole() {
		l.put(key, e)
	}
	st.hub.mu.Lock()
	full := len(st.hub.listeners) >= MaxListeners
	if !full {
		st.hub.listeners = append(st.hub.listeners, l)
	}
	l.ended = st.hub.ended
	st.hub.mu.Unlock()
	if full {
		return nil, &Failure{429, "too many pages watch this stage: close one", nil}
	}
	st.mu.Lock()
	st.alone = time.Time{}
	st.mu.Unlock()
	st.poke()
	return l, nil
}

// Close ends the listening.
func (l *Listener) Close() {
	h := &l.stage.hub
	h.mu.Lock()
	h.listeners = slices.DeleteFunc(h.listeners, func(o *Listener) bool { return o == l })
	none := len(h.listeners) == 0
	h.mu.Unlock()
	if none {
		l.stage.mu.Lock()
		l.stage.alone = l.stage.of.o.Now()
		l.stage.mu.Unlock()
	}
}

// put keeps a message, in the place of an older one of the same key.
func (l *Listener) put(key string, e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, waits := l.newest[key]; !waits {
		l.order = append(l.order, key)
	}
	l.newest[key] = e
	select {
	case l.notify <- struct{}{}:
	default:
	}
}

// Next returns the messages that have come, waiting for one until ctx ends. It is nil where ctx or the stage has ended.
func (l *Listener) Next(ctx context.Context) []Event {
	for {
		l.mu.Lock()
		var all []Event
		for _, key := range l.order {
			all = append(all, l.newest[key])
		}
		l.order = l.order[:0]
		clear(l.newest)
		ended := l.ended
		l.mu.Unlock()
		if all != nil || ended {
			return all
		}
		select {
		case <-l.notify:
		case <-ctx.Done():
			return nil
		}
	}
}

// send passes a message to all listeners.
func (h *hub) send(key string, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		l.put(key, e)
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// closeAll ends all listeners.
func (h *hub) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for _, l := range h.listeners {
		l.mu.Lock()
		l.ended = true
		select {
		case l.notify <- struct{}{}:
		default:
		}
		l.mu.Unlock()
	}
}

// encoded returns the event of a value. The values of this package can be encoded.
func encoded(name string, v any) Event {
	b, err := json.Marshal(v)
	if err != nil {
		panic("stage: " + err.Error())
	}
	return Event{name, b}
}

// stageEvent is the message that the state of a stage has changed.
type stageEvent struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	Speed   float64 `json:"speed"`
	Serial  int     `json:"serial"`
	Changed bool    `json:"changed,omitempty"` // other panels or data: ask for the stage again
	Why     string  `json:"why,omitempty"`
}

// announce tells the listeners of a new state; s.mu is held. A change that a slow listener has not read yet is kept.
func (s *stage) announce(changed bool, why string) {
	s.serial++
	key := "stage"
	if changed {
		key = "changed"
	}
	s.hub.send(key, encoded("stage", stageEvent{s.id, s.state, s.speed, s.serial, changed, why}))
}

// whole yields the messages that describe the stage as it is.
func (s *stage) whole() func(yield func(string, Event) bool) {
	return func(yield func(string, Event) bool) {
		s.mu.Lock()
		state, panels := stageEvent{ID: s.id, State: s.state, Speed: s.speed, Serial: s.serial}, slices.Clone(s.panels)
		s.mu.Unlock()
		if !yield("stage", encoded("stage", state)) {
			return
		}
		for _, p := range panels {
			for _, e := range p.shown.messages(p.id) {
				if !yield(e.Name+":"+p.id, e) {
					return
				}
			}
		}
	}
}
