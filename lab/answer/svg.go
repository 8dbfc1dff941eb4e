package answer

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The pictures are SVG whose colours are classes of the page's style sheet, so that they follow its theme.

// scale maps values to pixels.
type scale struct {
	lo, hi, from, to float64
	log              bool
}

// newScale returns a scale over values that maps to [from, to] with a margin; logarithmic if asked for, possible, and
// of use.
func newScale(values []float64, from, to float64, log bool) scale {
	values = slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return !finite(x) })
	s := scale{lo: 0, hi: 1, from: from, to: to}
	if len(values) > 0 {
		s.lo, s.hi = slices.Min(values), slices.Max(values)
	}
	if s.log = log && s.lo > 0 && s.hi > 5*s.lo; s.log {
		s.lo, s.hi = math.Log(s.lo), math.Log(s.hi)
	}
	if pad := 0.06 * (s.hi - s.lo); pad > 0 {
		s.lo, s.hi = s.lo-pad, s.hi+pad
	} else {
		pad = max(math.Abs(s.lo)*0.1, 1e-9)
		s.lo, s.hi = s.lo-pad, s.hi+pad
	}
	return s
}

func (s scale) at(x float64) float64 {
	if s.log {
		x = math.Log(x)
	}
	return s.from + (x-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

// ticks returns about n round values.
func (s scale) ticks(n int) []float64 {
	if s.log {
		return s.decades()
	}
	step := math.Pow(10, math.Floor(math.Log10((s.hi-s.lo)/float64(n))))
	for _, k := range []float64{1, 2, 2.5, 5, 10} {
		if (s.hi-s.lo)/(k*step) <= float64(n)+0.5 {
			step *= k
			break
		}
	}
	var list []float64
	for i := math.Ceil(s.lo / step); i*step <= s.hi; i++ {
		list = append(list, i*step)
	}
	return list
}

func (s scale) decades() []float64 {
	var list []float64
	for e := math.Floor(s.lo / math.Ln10); e <= math.Ceil(s.hi/math.Ln10); e++ {
		for _, k := range []float64{1, 2, 5} {
			x := k * math.Pow(10, e)
			if l := math.Log(x); l >= s.lo && l <= s.hi && (k == 1 || s.hi-s.lo < 1.6*math.Ln10) {
				list = append(list, x)
			}
		}
	}
	return list
}

// label prints a tick.
func label(x float64) string {
	if math.Abs(x) < 1e-12 {
		return "0"
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// effectPlot draws the means of an effect with their intervals, over the single configurations as small dots. A trend is
// drawn over the configurations alone.
func (a *Answer) effectPlot(s Section, e *Effect) string {
	const w, h, left, right, top, bottom = 420, 260, 62, 12, 14, 34
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, w, h,
		html.EscapeString(fmt.Sprintf("Mean %s by %s with 95 %% intervals; the values are in the table.", a.Metric, e.Axis.Key)))
	var values []string
	var ys []float64
	for _, c := range s.Cells {
		if v, ok := c.Axes[e.Axis.Key]; ok && c.complete() {
			ys = append(ys, float64(c.Mean))
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	slices.SortFunc(values, compareValues)
	for _, l := range e.Levels {
		if half := float64(l.Half); finite(half) {
			ys = append(ys, float64(l.Mean)-half, float64(l.Mean)+half)
		}
	}
	y := newScale(ys, h-bottom, top, false)
	for _, t := range y.ticks(5) {
		fmt.Fprintf(&b, `<path class="rule" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, left, y.at(t), w-right, left-6, y.at(t)+4, label(t))
	}
	x, ticks := a.positions(e, values, left+8, w-right-8)
	for _, t := range ticks {
		fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, t.at, h-bottom+16, html.EscapeString(short(t.text, 9)))
	}
	aside := 0.0 // beside the bars
	if len(e.Levels) > 0 && len(values) <= mostLevels {
		aside = 12
	}
	for _, c := range s.Cells {
		if v, ok := c.Axes[e.Axis.Key]; ok && c.complete() {
			fmt.Fprintf(&b, `<circle class="dot" cx="%.1f" cy="%.1f" r="2.5"/>`, x(v)+aside, y.at(float64(c.Mean)))
		}
	}
	var line []string
	for _, l := range e.Levels {
		at, mean, half := x(l.Value), float64(l.Mean), float64(l.Half)
		line = append(line, fmt.Sprintf("%.1f %.1f", at, y.at(mean)))
		if finite(half) {
			fmt.Fprintf(&b, `<path class="bar" d="M%.1f %.1fV%.1fM%.1f %.1fh10M%.1f %.1fh10"/>`, at, y.at(mean-half), y.at(mean+half), at-5, y.at(mean-half), at-5, y.at(mean+half))
		}
		fmt.Fprintf(&b, `<circle class="mean" cx="%.1f" cy="%.1f" r="4.5"><title>%s</title></circle>`, at, y.at(mean), html.EscapeString(l.Value+": "+said(l.Mean, l.Half)))
	}
	if len(line) > 1 && numeric(values) {
		fmt.Fprintf(&b, `<path class="line" d="M%s"/>`, strings.Join(line, "L"))
	}
	b.WriteString("</svg>")
	return b.String()
}

// tick is a label of an axis.
type tick struct {
	at   float64
	text string
}

// positions places the values of an axis: numbers by their size where they are many, else side by side.
func (a *Answer) positions(e *Effect, values []string, from, to float64) (func(string) float64, []tick) {
	if e.Trend != nil || len(values) > mostLevels && numeric(values) {
		s := newScale(numbers(values), from, to, e.Axis.Log)
		var ticks []tick
		for _, t := range s.ticks(5) {
			ticks = append(ticks, tick{s.at(t), label(t)})
		}
		return func(v string) float64 { x, _ := strconv.ParseFloat(v, 64); return s.at(x) }, ticks
	}
	at := map[string]float64{}
	var ticks []tick
	for i, v := range values {
		at[v] = from + (float64(i)+0.5)/float64(len(values))*(to-from)
		ticks = append(ticks, tick{at[v], v})
	}
	return func(v string) float64 { return at[v] }, ticks
}

func numeric(values []string) bool {
	for _, v := range values {
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return false
		}
	}
	return true
}

func numbers(values []string) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i], _ = strconv.ParseFloat(v, 64)
	}
	return list
}

// short cuts a text to n characters.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// mostLines is the largest number of configurations in parallel coordinates, the best first.
const mostLines = 1000

// parallel draws a line for each configuration through its values of the axes to its mean. The best are drawn last, on
// top.
func (a *Answer) parallel(axes []Axis, cells []*Cell) string {
	shown := slices.DeleteFunc(slices.Clone(cells), func(c *Cell) bool { return !c.complete() })
	shown = shown[:min(len(shown), mostLines)]
	if len(shown) < 2 {
		return ""
	}
	const h, top, bottom, gap = 300, 34, 30, 120
	w := gap*(len(axes)+1) + 40
	var means []float64
	for _, c := range shown {
		means = append(means, float64(c.Mean))
	}
	y := newScale(means, h-bottom, top, true)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" style="min-width:%dpx;max-width:%dpx" role="img" aria-label="Parallel coordinates: a line for each configuration, from its settings to its mean %s; the values are in the table.">`,
		w, h, w, 3*w/2, html.EscapeString(a.Metric))
	var uprights strings.Builder // over the lines
	at := make([]func(string) float64, len(axes))
	for i, x := range axes {
		var values []string
		for _, c := range shown {
			if v := c.Axes[x.Key]; !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		slices.SortFunc(values, compareValues)
		var ticks []tick
		at[i], ticks = a.positions(&Effect{Axis: x}, values, h-bottom, top)
		a.upright(&uprights, 70+gap*i, h, x.Key, ticks)
	}
	var ticks []tick
	for _, t := range y.ticks(5) {
		ticks = append(ticks, tick{y.at(t), label(t)})
	}
	a.upright(&uprights, 70+gap*len(axes), h, a.Metric, ticks)
	for k := len(shown) - 1; k >= 0; k-- {
		c := shown[k]
		var points []string
		for i, x := range axes {
			points = append(points, fmt.Sprintf("%d %.1f", 70+gap*i, at[i](c.Axes[x.Key])))
		}
		points = append(points, fmt.Sprintf("%d %.1f", 70+gap*len(axes), y.at(float64(c.Mean))))
		class := "other"
		if c.Best {
			class = "best"
		} else if c.Untold {
			class = "untold"
		}
		// The better, the more opaque: the cells are ranked.
		fmt.Fprintf(&b, `<path class="way %s" opacity="%.2f" d="M%s"><title>%s</title></path>`, class, 0.15+0.8*(1-float64(k)/float64(len(shown))), strings.Join(points, "L"), html.EscapeString(describe(c.Axes)+": "+said(c.Mean, c.Half)))
	}
	b.WriteString(uprights.String() + "</svg>")
	return b.String()
}

// upright draws a vertical axis.
func (a *Answer) upright(b *strings.Builder, x, h int, name string, ticks []tick) {
	fmt.Fprintf(b, `<path class="rule strong" d="M%d 30V%d"/><text class="name" x="%d" y="18" text-anchor="middle">%s</text>`, x, h-26, x, html.EscapeString(short(name, 16)))
	for _, t := range ticks {
		fmt.Fprintf(b, `<text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, x-6, t.at+4, html.EscapeString(short(t.text, 9)))
	}
}
