package answer

import (
	"cmp"
	"fmt"
	"strings"
)

// direction says which values are better.
func (a *Answer) direction() string {
	switch a.Better {
	case "lower":
		return "lower is better"
	case "higher":
		return "higher is better"
	}
	return "neither direction is better, so there is no best configuration"
}

// Summary says how many runs the answer is from.
func (a *Answer) Summary() string {
	c := a.Counts
	s := fmt.Sprintf("%s: %s, %d of %d runs done", a.Title, cmp.Or(a.Metric, "no metric yet"), c.Done, c.Runs)
	for _, part := range []struct {
		n    int
		what string
	}{{c.Diverged, "diverged"}, {c.Failed, "failed"}, {c.Stopped, "stopped by halving"}, {c.Unfinished, "not finished"}} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if a.Metric == "" {
		return s + "."
	}
	return s + "; " + a.direction() + "."
}

// Notes explain the numbers, a sentence or two each.
func (a *Answer) Notes() []string {
	var notes []string
	if a.Smoke {
		notes = append(notes, "Smoke run: tiny models, whose values are meaningless.")
	}
	switch n := len(a.Seeds); {
	case n == 1:
		notes = append(notes, "There is one seed, so there are no intervals: with --seeds 5 the sweep continues with more.")
	case n < 5:
		notes = append(notes, fmt.Sprintf("± is the half-width of a 95 %% confidence interval over only %d seeds (Student's t); use five or more.", n))
	default:
		notes = append(notes, fmt.Sprintf("± is the half-width of a 95 %% confidence interval over %d seeds (Student's t).", n))
	}
	if a.Better != "" && len(a.Seeds) > 1 {
		notes = append(notes, "★ marks the best mean, ≈ what cannot be told from it: the difference, paired by seed, is not significant at 5 % after Holm's correction for all pairs of configurations.")
	}
	if a.Better != "" && len(a.Seeds) == 1 {
		notes = append(notes, "★ marks the best value.")
	}
	var unmatched, averaged, trend, effects bool
	for _, s := range a.Sections {
		for _, e := range s.Effects {
			effects = true
			unmatched = unmatched || e.Unmatched && e.Trend == nil
			averaged = averaged || len(e.Averaged) > 0
			trend = trend || e.Trend != nil
		}
	}
	if effects {
		notes = append(notes, "Main effects are means over the combinations of the other settings; their p-values are corrected by Holm's method for all comparisons of the dataset.")
	}
	if unmatched {
		notes = append(notes, "Values marked † ran with different values of the other settings: their means are not comparable, and their differences are those of a linear regression on all settings.")
	}
	if averaged {
		notes = append(notes, "Where only some models have a setting, each model is the mean over its own values of it.")
	}
	if trend {
		notes = append(notes, "The effect of a range is the change from its lower to its upper end by linear regression on all settings; its interval is over the configurations, and so includes what is not linear.")
	}
	if a.Halving > 0 {
		notes = append(notes, fmt.Sprintf("Successive halving (1 in %d): runs were ranked in the middle of their learning-rate schedules, and the means are of those that were never stopped. The survivors were chosen by earlier values of the same seeds, so their means may be slightly optimistic.", a.Halving))
	}
	return notes
}

// mark returns the sign of a cell.
func (c *Cell) mark() string {
	switch {
	case c.Best:
		return "★"
	case c.Untold:
		return "≈"
	}
	return ""
}

// remark says which seeds of a cell are missing.
func (c *Cell) remark() string {
	var parts []string
	if c.Missing > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d missing", c.Missing, len(c.Values)))
	}
	if c.Stopped > 0 {
		parts = append(parts, "stopped")
	}
	return strings.Join(parts, ", ")
}

// Comparisons lists the differences of an effect for a table: of every pair, or of the trend.
func (e *Effect) Comparisons() []Pair {
	if e.Trend != nil {
		return []Pair{{e.Trend.From, e.Trend.To, e.Trend.By}}
	}
	return e.Pairs
}

// Basis says what the means of an effect are over.
func (e *Effect) Basis() string {
	var s string
	switch {
	case e.Trend != nil:
		return "linear regression"
	case e.Unmatched:
		return "†"
	case e.Blocks < e.All:
		s = fmt.Sprintf("over %d of %d combinations", e.Blocks, e.All)
	case e.All > 1:
		s = fmt.Sprintf("over %d combinations", e.All)
	}
	if len(e.Averaged) > 0 {
		s = strings.TrimPrefix(s+", averaged over "+strings.Join(e.Averaged, ", "), ", ")
	}
	return s
}
