package term

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// Task is one of several trainings that run at a time.
type Task struct {
	Name  string
	Steps int
}

// Bars shows several trainings at a time, each by its place in a list.
type Bars interface {
	Update(run, step int)
	End(run int, spent time.Duration, err error)
	Stop()
}

// NewBars shows tasks: as bars on a terminal, else as a line for each that ends.
func NewBars(w io.Writer, runs []Task) Bars {
	if IsTerminal(w) {
		return newTerminalBars(w, runs)
	}
	return &endings{w: w, runs: runs}
}

// endings is progress without a terminal: a line for each run that ends.
type endings struct {
	w    io.Writer
	runs []Task
	mu   sync.Mutex
	done int
}

func (e *endings) Update(int, int) {}
func (e *endings) Stop()           {}

func (e *endings) End(run int, spent time.Duration, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	if err != nil {
		fmt.Fprintf(e.w, "%d of %d: %s failed: %v\n", e.done, len(e.runs), e.runs[run].Name, err)
		return
	}
	fmt.Fprintf(e.w, "%d of %d: %s, %d steps in %.1f s\n", e.done, len(e.runs), e.runs[run].Name, e.runs[run].Steps, spent.Seconds())
}

// terminalBars has a bar for each run under way or ended; those to come wait out of sight.
type terminalBars struct {
	writer   progress.Writer
	trackers []*progress.Tracker
	once     []sync.Once
	stopped  sync.Once
	done     chan struct{}
}

func newTerminalBars(w io.Writer, runs []Task) *terminalBars {
	b := &terminalBars{writer: progress.NewWriter(), once: make([]sync.Once, len(runs)), done: make(chan struct{})}
	b.writer.SetOutputWriter(w)
	b.writer.SetAutoStop(false)
	b.writer.SetStyle(progress.StyleBlocks)
	b.writer.SetTrackerPosition(progress.PositionRight)
	b.writer.SetUpdateFrequency(100 * time.Millisecond)
	b.writer.SetMessageLength(36)
	b.writer.SetTrackerLength(12)
	b.writer.Style().Visibility.Value = false
	b.writer.Style().Options.PercentFormat = "%3.0f%%"
	b.writer.Style().Options.TimeInProgressPrecision = time.Second
	b.writer.Style().Options.Separator = "  "
	b.writer.Style().Visibility.ETA = true
	for _, r := range runs {
		b.trackers = append(b.trackers, &progress.Tracker{Total: int64(r.Steps), Message: r.Name, DeferStart: true})
	}
	b.writer.AppendTrackers(b.trackers)
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

func (b *terminalBars) Update(run, step int) {
	b.once[run].Do(b.trackers[run].Start)
	b.trackers[run].SetValue(int64(step))
}

func (b *terminalBars) End(run int, _ time.Duration, err error) {
	b.once[run].Do(b.trackers[run].Start)
	if err != nil {
		b.trackers[run].UpdateMessage(b.trackers[run].Message + ": failed")
		b.trackers[run].MarkAsErrored()
		return
	}
	b.trackers[run].MarkAsDone()
}

func (b *terminalBars) Stop() {
	b.stopped.Do(func() {
		b.writer.Stop()
		<-b.done
	})
}
