// Package term prints for human readers: progress, tables and text of at most [Width] columns, and JSON. Where the
// output is not a terminal, progress is plain lines without escape codes.
package term

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"

	"genlab/train"
)

// Bar shows the progress of a training. Step counts are those of the whole training; the rate and the time
// left are measured since it was started or resumed.
type Bar interface {
	Update(p train.Progress)
	Note(line string) // prints a line above
	Stop()
}

// NewBar shows the progress of a training: as a bar on a terminal, else as a line every 10 %.
func NewBar(w io.Writer, o train.Options) Bar {
	if IsTerminal(w) {
		return newTerminalBar(w, o)
	}
	return &lineBar{w: w, o: o, start: time.Now()}
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// lineBar is a Bar without a terminal: a line every 10 %.
type lineBar struct {
	w      io.Writer
	o      train.Options
	start  time.Time
	tenths int // printed
}

func (l *lineBar) Update(p train.Progress) {
	tenth := p.Step * 10 / l.o.Steps
	if tenth == l.tenths {
		return
	}
	l.tenths = tenth
	spent := time.Since(l.start)
	rate := float64(p.Step-l.o.Done) / spent.Seconds()
	left := time.Duration(float64(l.o.Steps-p.Step) / rate * float64(time.Second))
	fmt.Fprintf(l.w, "step %d of %d  %s %.4f  %.0f steps/s  %v left\n",
		p.Step, l.o.Steps, p.Losses[0].Name, p.Losses[0].Value, rate, left.Round(time.Second))
}

func (l *lineBar) Note(line string) { fmt.Fprintln(l.w, line) }

func (l *lineBar) Stop() {}

// terminalBar is a Bar on a terminal.
type terminalBar struct {
	writer  progress.Writer
	tracker *progress.Tracker
	o       train.Options
	start   time.Time
	loss    float64 // smoothed over batches
	done    chan struct{}
}

func newTerminalBar(w io.Writer, o train.Options) *terminalBar {
	b := &terminalBar{
		writer:  progress.NewWriter(),
		tracker: &progress.Tracker{Total: int64(o.Steps), Message: "training"},
		o:       o, start: time.Now(), done: make(chan struct{}),
	}
	b.writer.SetOutputWriter(w)
	b.writer.SetAutoStop(false)
	b.writer.SetStyle(progress.StyleBlocks)
	b.writer.SetTrackerPosition(progress.PositionRight)
	b.writer.SetUpdateFrequency(100 * time.Millisecond)
	b.writer.SetMessageLength(30)
	b.writer.SetTrackerLength(12)
	b.writer.Style().Visibility.Value = false // the message has the step
	b.writer.Style().Options.PercentFormat = "%3.0f%%"
	b.writer.Style().Options.TimeInProgressPrecision = time.Second
	b.writer.Style().Options.Separator = "  "
	b.writer.Style().Visibility.ETA = true
	b.writer.Style().Visibility.Speed = true
	b.writer.AppendTracker(b.tracker)
	b.tracker.SetValue(int64(o.Done))
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

func (b *terminalBar) Update(p train.Progress) {
	b.tracker.SetValue(int64(p.Step))
	if l := p.Losses[0].Value; b.loss == 0 {
		b.loss = l
	} else {
		b.loss += 0.02 * (l - b.loss)
	}
	b.tracker.UpdateMessage(fmt.Sprintf("%d/%d  %s %.4f", p.Step, b.o.Steps, p.Losses[0].Name, b.loss))
	if p.Step == b.o.Steps {
		b.tracker.MarkAsDone()
	}
}

func (b *terminalBar) Note(line string) { b.writer.Log("%s", line) }

func (b *terminalBar) Stop() {
	b.writer.Stop()
	<-b.done
}
