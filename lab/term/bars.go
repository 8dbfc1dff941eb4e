package term

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// Training names one of several trainings that run at the same time, for its bar.
type Training struct {
	Name  string
	Steps int
}

// Bars shows the progress of several trainings, each by its index. Its methods may be called from several
// goroutines.
type Bars interface {
	Update(run, step int)
	End(run int, spent time.Duration, err error)
	Stop()
}

// NewBars shows the progress of trainings: as bars on a terminal, else as a line for each that ends.
func NewBars(w io.Writer, runs []Training) Bars {
	if IsTerminal(w) {
		return newTerminalBars(w, runs)
	}
	return &lineBars{w: w, runs: runs}
}

// lineBars is Bars without a terminal: a line for each run that ends.
type lineBars struct {
	w    io.Writer
	runs []Training
	mu   sync.Mutex
	done int
}

func (l *lineBars) Update(int, int) {}
func (l *lineBars) Stop()           {}

func (l *lineBars) End(run int, spent time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	if err != nil {
		fmt.Fprintf(l.w, "%d of %d: %s failed: %v\n", l.done, len(l.runs), l.runs[run].Name, err)
		return
	}
	fmt.Fprintf(l.w, "%d of %d: %s, %d steps in %.1f s\n", l.done, len(l.runs), l.runs[run].Name, l.runs[run].Steps, spent.Seconds())
}

// terminalBars has a bar for each run that is under way or has ended; the others are hidden.
type terminalBars struct {
	writer   progress.Writer
	trackers []*progress.Tracker
	started  []sync.Once
	stopped  sync.Once
	done     chan struct{}
}

func newTerminalBars(w io.Writer, runs []Training) *terminalBars {
	b := &terminalBars{writer: progress.NewWriter(), started: make([]sync.Once, len(runs)), done: make(chan struct{})}
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
	b.started[run].Do(b.trackers[run].Start)
	b.trackers[run].SetValue(int64(step))
}

func (b *terminalBars) End(run int, _ time.Duration, err error) {
	b.started[run].Do(b.trackers[run].Start)
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
