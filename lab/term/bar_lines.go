package term

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// refresh is how often bars are drawn.
const refresh = 100 * time.Millisecond

// barLines draws bars on a terminal, a line each: a status, a bar of blocks and the share that is done.
type barLines struct {
	w        io.Writer
	writer   progress.Writer
	trackers []*progress.Tracker
	started  []sync.Once
	stopped  sync.Once
	done     chan struct{}
}

// What a line has beside the status, in columns: two blanks, the share, and a bar with its box.
const (
	blocks  = 12
	besides = 2 + len("100% ") + blocks
)

// newBarLines begins to draw; a line appears when it is first shown.
func newBarLines(w io.Writer, totals []int) *barLines {
	b := &barLines{w: w, writer: progress.NewWriter(), started: make([]sync.Once, len(totals)), done: make(chan struct{})}
	if o, ok := w.(*Output); ok {
		w = bars{o}
	}
	b.writer.SetOutputWriter(w)
	b.writer.SetAutoStop(false)
	b.writer.SetStyle(progress.StyleBlocks)
	b.writer.SetTrackerPosition(progress.PositionRight)
	b.writer.SetUpdateFrequency(refresh)
	b.writer.SetTrackerLength(blocks)
	style := b.writer.Style()
	style.Visibility.Time, style.Visibility.Value = false, false // the status has them
	style.Options.PercentFormat = "%3.0f%%"
	style.Options.Separator = "  "
	for _, n := range totals {
		b.trackers = append(b.trackers, &progress.Tracker{Total: int64(n)})
	}
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

// show sets the value and the status of a line: as many of the parts, the most important first, as the terminal
// is now wide enough for.
func (b *barLines) show(line, value int, parts ...string) {
	b.trackers[line].UpdateMessage(fit(columns(b.w)-besides, parts))
	b.started[line].Do(func() { b.writer.AppendTracker(b.trackers[line]) })
	b.trackers[line].SetValue(int64(value))
}

func (b *barLines) stop() {
	b.stopped.Do(func() {
		b.writer.Stop()
		<-b.done
	})
}

// fit joins the first part, cut if it must be, and those after it for which there is room, and fills up with blanks.
func fit(width int, parts []string) string {
	s := text.Snip(parts[0], max(width, 8), "~")
	for _, p := range parts[1:] {
		if text.StringWidth(s)+2+text.StringWidth(p) > width {
			break
		}
		s += "  " + p
	}
	return s + strings.Repeat(" ", max(0, width-text.StringWidth(s)))
}

// columns returns the width of a terminal: what COLUMNS says, else what the terminal does, else [Width].
func columns(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return Width
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
