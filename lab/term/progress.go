// Package term prints for human readers: progress, tables and text of at most [Width] columns, and JSON. Where the
// output is not a terminal, progress is plain lines without escape codes.
package term

import (
	"fmt"
	"io"
	"time"

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
	return &lineBar{w: w, o: o, pace: startPace(o.Steps, o.Done)}
}

// pace measures the speed of a training from the step at which this process took it up.
type pace struct {
	steps, first int
	start        time.Time
}

func startPace(steps, first int) pace { return pace{steps, first, time.Now()} }

// at returns the steps a second and the time left at a step, both 0 before the first.
func (p pace) at(step int) (rate float64, left time.Duration) {
	if step <= p.first {
		return 0, 0
	}
	rate = float64(step-p.first) / time.Since(p.start).Seconds()
	return rate, time.Duration(float64(p.steps-step) / rate * float64(time.Second)).Round(time.Second)
}

// lineBar is a Bar without a terminal: a line every 10 %.
type lineBar struct {
	w      io.Writer
	o      train.Options
	pace   pace
	tenths int // printed
}

func (l *lineBar) Update(p train.Progress) {
	tenth := p.Step * 10 / l.o.Steps
	if tenth == l.tenths {
		return
	}
	l.tenths = tenth
	rate, left := l.pace.at(p.Step)
	fmt.Fprintf(l.w, "step %d of %d  %s %.4f  %.0f steps/s  %v left\n",
		p.Step, l.o.Steps, p.Losses[0].Name, p.Losses[0].Value, rate, left)
}

func (l *lineBar) Note(line string) { fmt.Fprintln(l.w, line) }

func (l *lineBar) Stop() {}

// terminalBar is a Bar on a terminal.
type terminalBar struct {
	lines *barLines
	o     train.Options
	pace  pace
	loss  float64 // smoothed over batches
	drawn time.Time
}

func newTerminalBar(w io.Writer, o train.Options) *terminalBar {
	b := &terminalBar{lines: newBarLines(w, []int{o.Steps}), o: o, pace: startPace(o.Steps, o.Done)}
	b.lines.show(0, o.Done, "training")
	return b
}

func (b *terminalBar) Update(p train.Progress) {
	if l := p.Losses[0].Value; b.loss == 0 {
		b.loss = l
	} else {
		b.loss += 0.02 * (l - b.loss)
	}
	if last := p.Step == b.o.Steps; last || time.Since(b.drawn) >= refresh {
		b.drawn = time.Now()
		rate, left := b.pace.at(p.Step)
		b.lines.show(0, p.Step, fmt.Sprintf("%d/%d", p.Step, b.o.Steps), fmt.Sprintf("%v left", left),
			fmt.Sprintf("%s %.4f", p.Losses[0].Name, b.loss), fmt.Sprintf("%.0f steps/s", rate))
		if last {
			b.lines.trackers[0].MarkAsDone()
		}
	}
}

func (b *terminalBar) Note(line string) { b.lines.writer.Log("%s", line) }

func (b *terminalBar) Stop() { b.lines.stop() }
