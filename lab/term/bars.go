package term

import (
	"fmt"
	"io"
	"sync"
	"time"
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
	lines *barLines
	runs  []Training
	mu    sync.Mutex
	paces map[int]pace // of the runs that have begun
}

func newTerminalBars(w io.Writer, runs []Training) *terminalBars {
	steps := make([]int, len(runs))
	for i, r := range runs {
		steps[i] = r.Steps
	}
	return &terminalBars{lines: newBarLines(w, steps), runs: runs, paces: map[int]pace{}}
}

func (b *terminalBars) Update(run, step int) {
	b.mu.Lock()
	p, begun := b.paces[run]
	if !begun {
		p = startPace(b.runs[run].Steps, step)
		b.paces[run] = p
	}
	b.mu.Unlock()
	status := []string{b.runs[run].Name}
	if rate, left := p.at(step); rate > 0 {
		status = append(status, fmt.Sprintf("%v left", left))
	}
	b.lines.show(run, step, status...)
}

func (b *terminalBars) End(run int, spent time.Duration, err error) {
	if err != nil {
		b.lines.show(run, int(b.lines.trackers[run].Value()), b.runs[run].Name+": failed")
		b.lines.trackers[run].MarkAsErrored()
		return
	}
	b.lines.show(run, b.runs[run].Steps, b.runs[run].Name, spent.Round(time.Second).String())
	b.lines.trackers[run].MarkAsDone()
}

func (b *terminalBars) Stop() { b.lines.stop() }
