package stage

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/lab/live/pack"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Shares of the time that pictures and metrics take while models train.
const (
	frameShare  = 0.12 // of one processor
	figureShare = 0.07
	openShare   = 0.35                   // of frames in the first seconds, when points move the most
	opening     = 8 * time.Second        // of training, all panels together
	leastGap    = 100 * time.Millisecond // between two frames of a panel
	maxHistory  = 400                    // points of a race
	maxFilm     = 120                    // frames that are kept for an animation
)

// shown is what has been shown of a panel.
type shown struct {
	frameStep, figureStep int // -1 before the first
	version               int64
	last, lastFigures     time.Time
	cost, figuresCost     time.Duration // of a frame, and of the metrics

	mu      sync.Mutex // guards what follows
	frame   *Event
	figures *Event
	history [][4]metrics.Number // step, seconds, energy distance, KL
	oracle  standard            // of the figures
	latest  *still
	film    []still // earlier ones too
	stride  int     // frames between two stills
	skipped int
}

// still is a frame of an animation.
type still struct {
	step   int
	points []uint16
	labels []int
}

// frame is the message of the samples of a panel.
type frame struct {
	Panel   string  `json:"panel"`
	Step    int     `json:"step"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"`
	Points  string  `json:"points"`
	Labels  []int   `json:"labels"`
	Losses  []loss  `json:"losses"`
	Outside float64 `json:"outside"`
	State   string  `json:"state"`
	Failed  string  `json:"failed,omitempty"` // why there are no samples
}

type loss struct {
	Name  string         `json:"name"`
	Value metrics.Number `json:"value"`
}

// paint makes frames and metrics until the stage ends. It works a bounded share of the time while models train.
func (s *stage) paint() {
	defer close(s.ended)
	var nextFrame, nextFigures time.Time
	for {
		s.mu.Lock()
		panels, busy := slices.Clone(s.panels), s.state == running
		s.mu.Unlock()
		now := time.Now()
		var wait time.Duration
		switch p, q := dueFrame(panels, now, busy), dueFigures(panels, s.leastStep()); {
		case s.ctx.Err() != nil:
			return
		case p != nil && !now.Before(nextFrame) && (p.shown.frameStep < 0 || s.hub.count() > 0):
			s.showFrame(p)
			p.shown.cost = cost(p.shown.cost, time.Since(now))
			if busy {
				nextFrame = time.Now().Add(rest(p.shown.cost, share(panels)))
			}
			continue
		case q != nil && !now.Before(nextFigures) && s.hub.count() > 0:
			s.showFigures(q)
			q.shown.figuresCost = cost(q.shown.figuresCost, time.Since(now))
			if busy {
				of := figureShare
				if share(panels) == openShare {
					of = openShare / 2
				}
				nextFigures = time.Now().Add(rest(q.shown.figuresCost, of))
			}
			continue
		case s.hub.count() > 0 && (dueFrame(panels, now.Add(time.Hour), busy) != nil || q != nil):
			wait = 15 * time.Millisecond
		default:
			wait = time.Hour
		}
		timer := time.NewTimer(wait)
		select {
		case <-s.ctx.Done():
			timer.Stop()
			return
		case <-s.wake:
			if wait == 15*time.Millisecond { // steps come faster than frames
				select {
				case <-timer.C:
				case <-s.ctx.Done():
				}
			}
		case <-timer.C:
		}
		timer.Stop()
	}
}

// cost returns an estimate of the processor time of work from the one before and the time that it took, in which others
// may have used the processor: an estimate rises slowly.
func cost(before, took time.Duration) time.Duration {
	if before == 0 {
		return took
	}
	return min(took, before+before/10)
}

// rest returns the pause after work of some time so that it takes a share of the whole.
func rest(work time.Duration, share float64) time.Duration {
	return min(time.Duration(float64(work)*(1/share-1)), 10*time.Second)
}

// share returns the share of the time that frames take.
func share(panels []*panel) float64 {
	var seconds float64
	for _, p := range panels {
		seconds += p.latest.Load().seconds
	}
	if seconds < opening.Seconds() {
		return openShare
	}
	return frameShare
}

// dueFrame returns the panel whose frame is the most overdue of those that have changed, nil if none has. The time
// between frames grows as the square root of their cost, so that a cheap model moves more often than a costly one.
func dueFrame(panels []*panel, now time.Time, busy bool) (due *panel) {
	var most float64
	for _, p := range panels {
		if p.cannot != "" {
			continue
		}
		fresh := p.shown.frameStep == p.latest.Load().step && p.shown.version == p.version.Load() && p.shown.frame != nil
		if fresh || busy && now.Sub(p.shown.last) < leastGap {
			continue
		}
		since := now.Sub(p.shown.last).Seconds()
		if overdue := since * since / max(p.shown.cost, time.Millisecond).Seconds(); due == nil || overdue > most {
			due, most = p, overdue
		}
	}
	return due
}

// showFrame sends samples of a panel's model as it is now.
func (s *stage) showFrame(p *panel) {
	version := p.version.Load()
	c := p.copy()
	s.mu.Lock()
	n, data := s.settings.Samples, s.data
	s.mu.Unlock()
	f := frame{Panel: p.id, Step: c.step, Seconds: c.seconds, Rate: c.rate, State: c.state, Losses: []loss{}}
	for _, l := range c.losses {
		f.Losses = append(f.Losses, loss{l.Name, metrics.Number(l.Value)})
	}
	x, labels, err := p.guardedSamples(c, n)
	if err != nil {
		f.Failed = cmp.Or(notYet[p.model.Model], err.Error())
	} else {
		plane := data.ds.Project(x)
		q := pack.Quantise(plane, data.reach)
		f.Points, f.Labels, f.Outside = pack.Encode(q), labels, pack.Outside(plane, data.reach)
		p.shown.keep(still{c.step, q, labels})
	}
	e := encoded("frame", f)
	p.shown.mu.Lock()
	p.shown.frame = &e
	p.shown.mu.Unlock()
	p.shown.frameStep, p.shown.version, p.shown.last = c.step, version, time.Now()
	s.hub.send("frame:"+p.id, e)
}

// unready is the error of a model that panics, as some do that have not taken a step or whose weights are not finite.
type unready struct{ why any }

// Error implements error.
func (e *unready) Error() string { return fmt.Sprintf("the model cannot do this yet: %v", e.why) }

// guarded returns the error of a function, also where it panics.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &unready{r}
		}
	}()
	return f()
}

// samples returns n samples of the model of a state (n x Dim), always from the same noise, and their labels where the
// model is conditional.
func (p *panel) samples(c copied, n int) (*mat.Dense, []int, error) {
	m, err := p.trained(c)
	if err != nil {
		return nil, nil, err
	}
	rng := train.NewStream(p.job.Seed(), "stage").Rand
	o := *p.options.Load()
	if classes := p.task.Classes(); classes > 0 && o.Label == "" {
		return p.byLabel(m, o, n, classes)
	}
	s, _, err := p.with(m, o)
	if err != nil {
		return nil, nil, err
	}
	return s.Sample(n, rng), nil, nil
}

// with returns the sampler of a model under options, with the label looked up.
func (p *panel) with(m registry.Trained, o registry.Options) (genlab.Sampler, int, error) {
	if o.Label != "" {
		class, err := p.task.Label(o.Label)
		if err != nil {
			return nil, 0, err
		}
		o.Label, o.Class = "", &class
	}
	return m.With(o)
}

// byLabel returns samples of a conditional model given each label in turn.
func (p *panel) byLabel(m registry.Trained, o registry.Options, n, classes int) (*mat.Dense, []int, error) {
	x, labels := mat.NewDense(n, p.task.Dim(), nil), make([]int, n)
	for k := range min(classes, n) {
		o.Class = &k
		s, _, err := m.With(o)
		if err != nil {
			return nil, nil, err
		}
		part := s.Sample((n-k+classes-1)/classes, train.NewStream(p.job.Seed(), "stage "+p.task.Labels[k]).Rand)
		for i := k; i < n; i += classes {
			x.SetRow(i, part.RawRowView(i/classes))
			labels[i] = k
		}
	}
	return x, labels, nil
}

// keep notes a frame for an animation, every second one of them when there are many.
func (h *shown) keep(f still) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latest = &f
	if h.stride == 0 {
		h.stride = 1
	}
	if h.skipped++; h.skipped < h.stride && len(h.film) > 0 {
		return
	}
	h.skipped = 0
	if h.film = append(h.film, f); len(h.film) > maxFilm {
		for i := range len(h.film) / 2 {
			h.film[i] = h.film[2*i]
		}
		h.film = h.film[:len(h.film)/2]
		h.stride *= 2
	}
}
