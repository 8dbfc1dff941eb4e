package main

import (
	"fmt"
	"math"
	"os"

	"genlab/autoregressive"
	"genlab/datasets"
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
		return inputError(err)
	}
	scores := q.LogProb(text)
	e := perCharacter(scores)
	fmt.Fprintf(con.stderr, "log p of each character given those before it under %s: exact, in nats; %d characters, %.4f ± %.4f nats a character, perplexity %.4g\n",
		name, len(scores), e.Value, e.SE, math.Exp(e.Value))
	return c.write(con, scores)
}

// textLaw gives each character of a text its log p, given those before it.
type textLaw interface{ LogProb(text string) []float64 }

// reader finds what knows the probability of a text: a source, or a run in a folder.
func (c *scoreCmd) reader() (q textLaw, name string, err error) {
	if c.Draws != nil || c.Label != "" {
		return nil, "", usagef("--draws and --label are for points, not for --text")
	}
	if _, err := os.Stat(c.Of); err != nil {
		t, err := datasets.TextByName(c.Of)
		switch {
		case err != nil:
			return nil, "", inputError(fmt.Errorf("%s is no run directory, and as a source of text: %w", c.Of, err))
		case t.Source == nil:
			return nil, "", usagef("%s has no known probabilities; score texts under a run or a source", t.Name)
		}
		return t.Source, t.Name, nil
	}
	r, err := openRun(c.Of)
	if err != nil {
		return nil, "", err
	}
	if m, ok := r.sampled.(*autoregressive.Text); ok {
		return m, c.Of, nil
	}
	return nil, "", usagef("%s is a run of points, which gives a text no probability: score points with --points FILE", c.Of)
}
