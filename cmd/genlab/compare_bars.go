package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// bars shows several trainings at a time, each by its place in a list.
type bars interface {
	update(run, step int)
	end(run int, spent time.Duration, err error)
	stop()
}

func newBars(w io.Writer, runs []*contender) bars {
	if isTerminal(w) {
		return newTerminalBars(w, runs)
	}
	return &endings{w: w, runs: runs}
}

func (r *contender) String() string {
	return fmt.Sprintf("%s on %s, seed %d", r.model, r.data, r.seed)
}

// endings is progress without a terminal: a line for each run that ends.
type endings struct {
	w    io.Writer
	runs []*contender
	mu   sync.Mutex
	done int
}

func (e *endings) update(int, int) {}
func (e *endings) stop()           {}

func (e *endings) end(run int, spent time.Duration, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	if err != nil {
		fmt.Fprintf(e.w, "%d of %d: %v failed: %v\n", e.done, len(e.runs), e.runs[run], err)
		return
	}
	fmt.Fprintf(e.w, "%d of %d: %v, %d steps in %.1f s\n", e.done, len(e.runs), e.runs[run], e.runs[run].steps, spent.Seconds())
}

// terminalBars has a bar for each run under way or ended; those to come wait out of sight.
type terminalBars struct {
	writer   progress.Writer
	trackers []*progress.Tracker
	once     []sync.Once
	stopped  sync.Once
	done     chan struct{}
}

func newTerminalBars(w io.Writer, runs []*contender) *terminalBars {
	b := &terminalBars{writer: progress.NewWriter(), once: make([]sync.Once, len(runs)), done: make(chan struct{})}
	b.writer.SetOutputWriter(w)
	b.writer.SetAutoStop(false)
	b.writer.SetStyle(progress.StyleBlocks)
	b.writer.SetTrackerPosition(progress.PositionRight)
	b.writer.SetUpdateFrequency(100 * time.Millisecond)
	b.writer.SetMessageLength(40)
	b.writer.SetTrackerLength(24)
	b.writer.Style().Options.Separator = "  "
	b.writer.Style().Visibility.ETA = true
	for _, r := range runs {
		b.trackers = append(b.trackers, &progress.Tracker{Total: int64(r.steps), Message: r.String(), DeferStart: true})
	}
	b.writer.AppendTrackers(b.trackers)
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

func (b *terminalBars) update(run, step int) {
	b.once[run].Do(b.trackers[run].Start)
	b.trackers[run].SetValue(int64(step))
}

func (b *terminalBars) end(run int, _ time.Duration, err error) {
	b.once[run].Do(b.trackers[run].Start)
	if err != nil {
		b.trackers[run].UpdateMessage(b.trackers[run].Message + ": failed")
		b.trackers[run].MarkAsErrored()
		return
	}
	b.trackers[run].MarkAsDone()
}

func (b *terminalBars) stop() {
	b.stopped.Do(func() {
		b.writer.Stop()
		<-b.done
	})
}
