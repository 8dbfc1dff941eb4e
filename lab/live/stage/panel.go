package stage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"genlab"
	"genlab/checkpoint"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
	"genlab/train"
)

// panel is the training of one model.
type panel struct {
	id      string
	model   Model
	job     registry.Job
	task    registry.Points
	loop    train.Options
	params  int
	cannot  string // why it does not train, "" where it does
	started time.Time

	// mu is held during a step, so that whoever holds it sees the training between two steps.
	mu      sync.Mutex
	learner registry.Trainer
	streams *train.Streams
	log     []rundir.Entry
	now     progress

	latest  atomic.Pointer[progress] // that of the last step, without waiting for the one that is being taken
	options atomic.Pointer[registry.Options]
	version atomic.Int64 // of the options of sampling
	nfe     atomic.Int64 // network evaluations a sample
	credit  int          // steps that a paused panel may take; guarded by the stage
	cancel  context.CancelFunc
	ended   chan struct{}

	shown shown // of the painter alone, but for its fields that say otherwise
}

// progress is how far a training is.
type progress struct {
	step    int
	seconds float64 // of training
	rate    float64 // steps a second, lately
	losses  genlab.Losses
	state   string // "", "done" or "diverged: ..."
}

// newPanel returns the panel of a job before its first step. It fails where the data do not suit the model.
func newPanel(id string, m Model, job registry.Job, seed uint64) (*panel, error) {
	points, err := fits(job)
	if err != nil {
		return nil, err
	}
	p := &panel{id: id, model: m, job: job, task: points, loop: job.Loop(), streams: train.NewStreams(seed), started: time.Now(), ended: make(chan struct{})}
	if p.learner, err = job.New(points); err != nil {
		return nil, err
	}
	trained, err := job.Load(p.learner.State())
	if err != nil {
		return nil, err
	}
	p.params = trained.Params()
	p.latest.Store(&progress{})
	return p, p.setSampling(m.Sampling)
}

// run takes the steps of the training when gate lets it, until the last or until ctx ends. stepped is called after
// each, with p.mu held, and must not block.
func (p *panel) run(ctx context.Context, gate func(context.Context, *turn) bool, stepped func()) {
	defer close(p.ended)
	t := new(turn)
	defer t.release()
	if !gate(ctx, t) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	began, clock := time.Now(), newClock()
	data := p.task.Batches(p.job.Seed(), 0)
	for next, err := range train.Run(ctx, p.learner, data, p.loop, p.streams) {
		if diverged := new(train.DivergedError); errors.As(err, &diverged) {
			p.now.state = "diverged: " + err.Error()
			p.version.Add(1) // the step is that of the last frame, which must be shown again
		} else if err != nil { // ctx
			return
		}
		p.now.seconds += time.Since(began).Seconds()
		if err == nil {
			p.record(next, clock)
		}
		now := p.now
		p.latest.Store(&now)
		stepped()
		if now.state != "" {
			return
		}
		p.mu.Unlock()
		on := gate(ctx, t)
		p.mu.Lock()
		if !on {
			return
		}
		began = time.Now()
	}
}

// record notes a step.
func (p *panel) record(next train.Progress, clock *clock) {
	p.now.step, p.now.losses = next.Step, next.Losses
	p.now.rate = clock.tick()
	if next.Step == p.loop.Steps {
		p.now.state = "done"
	}
	if trainer.Logged(next.Step, p.loop.Steps) {
		e := rundir.Entry{Step: next.Step}
		for _, l := range next.Losses {
			e.Fields = append(e.Fields, rundir.Field(l))
		}
		p.log = append(p.log, e)
	}
}

// copied is the state of a training between two steps.
type copied struct {
	progress
	tensors []checkpoint.Tensor
}

// copy returns the state of the training, waiting for a step that is being taken.
func (p *panel) copy() copied {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.copyLocked()
}

func (p *panel) copyLocked() copied {
	state := slices.Clone(p.learner.State())
	for i := range state {
		state[i].Data = slices.Clone(state[i].Data)
	}
	return copied{p.now, state}
}

// snapshot returns what a run folder takes of the training.
func (p *panel) snapshot() (trainer.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.copyLocked()
	streams := train.NewStreams(0)
	err := streams.Restore(maps.Clone(p.streams.State()))
	return trainer.Snapshot{
		Step: c.step, Tensors: c.tensors, Streams: streams, Log: slices.Clone(p.log), Started: p.started, Seconds: c.seconds,
	}, err
}

// trained returns the model of a state.
func (p *panel) trained(c copied) (registry.Trained, error) { return p.job.Load(c.tensors) }

// stop ends the training after the step that is being taken.
func (p *panel) stop() {
	if p.cancel != nil {
		p.cancel()
		<-p.ended
	}
}

// clock measures the rate of steps.
type clock struct {
	times [64]time.Time
	n     int
}

func newClock() *clock {
	c := new(clock)
	c.times[0], c.n = time.Now(), 1
	return c
}

// tick notes a step and returns the steps a second over the last ones.
func (c *clock) tick() float64 {
	now := time.Now()
	k := min(c.n, len(c.times)-1)
	since := now.Sub(c.times[(c.n-k)%len(c.times)]).Seconds()
	c.times[c.n%len(c.times)] = now
	c.n++
	if since <= 0 {
		return 0
	}
	return float64(k) / since
}
