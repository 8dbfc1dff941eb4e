package cli

import (
	"fmt"
	"math"
	"os"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// scoreText scores the characters of a file; the sum, the mean and what it means go to standard
// error.
func (c *scoreCmd) scoreText(con *console) error {
	q, name, err := c.reader()
	if err != nil {
		return err
	}
	text, err := datasets.ReadText(c.Text)
	if err != nil {
		return registry.InputError(err)
	}
	scores := q.LogProb(text)
	e := evaluate.PerCharacter(scores)
	fmt.Fprintf(con.stderr, "log p of each character given those before it under %s: exact, in nats; %d characters, %v nats a character, perplexity %.4g\n",
		name, len(scores), e, math.Exp(e.Value))
	return c.write(con, scores)
}

// textScorer gives each character of a text its log p, given those before it.
type textScorer interface{ LogProb(text string) []float64 }

// reader finds what knows the probability of a text: a source, or a run in a folder.
func (c *scoreCmd) reader() (q textScorer, name string, err error) {
	if c.Draws != nil || c.Label != "" {
		return nil, "", usage.Errorf("--draws and --label are for points, not for --text")
	}
	if _, err := os.Stat(c.Of); err != nil {
		t, err := datasets.TextByName(c.Of)
		switch {
		case err != nil:
			return nil, "", registry.InputError(fmt.Errorf("%s is no run directory, and as a source of text: %w", c.Of, err))
		case t.Source == nil:
			return nil, "", usage.Errorf("%s has no known probabilities; score texts under a run or a source", t.Name)
		}
		return t.Source, t.Name, nil
	}
	r, err := models.All.Open(c.Of)
	if err != nil {
		return nil, "", err
	}
	if m, ok := r.Model.(models.TextRun); ok {
		return m, c.Of, nil
	}
	return nil, "", usage.Errorf("%s is a run of points, which gives a text no probability: score points with --points FILE", c.Of)
}
