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
	"genlab/masked"
	"genlab/train"
)

// scoreText scores the characters of a file; the mean and the kind of the values go to standard error.
func (c *scoreCmd) scoreText(con *console) error {
	q, err := c.textScorer()
	if err != nil {
		return err
	}
	text, err := datasets.ReadText(c.Text)
	if err != nil {
		return registry.InputError(err)
	}
	scores := q.score(text)
	e := evaluate.PerCharacter(scores)
	of := fmt.Sprintf("%v nats per character, perplexity %.4g", e, math.Exp(e.Value))
	if q.bound {
		of = fmt.Sprintf("at most %v nats per character", e)
	}
	fmt.Fprintf(con.stderr, "%s, in nats; %d characters, %s\n", q.kind, len(scores), of)
	return c.write(con, scores)
}

// textScorer gives each character of a text a value of some kind.
type textScorer struct {
	kind  string
	bound bool
	score func(text string) []float64
}

func exactText(q interface{ LogProb(text string) []float64 }, name string) textScorer {
	return textScorer{kind: fmt.Sprintf("log p of each character given the preceding ones under %s: exact", name), score: q.LogProb}
}

const drawsForBounds = "--draws and --label apply to --points, and --draws to the text of a masked-diffusion run as well, but %s has exact probabilities: leave it out"

// textScorer finds the probabilities of a source of text or a run, or a run's bound on them.
func (c *scoreCmd) textScorer() (textScorer, error) {
	if c.Label != "" {
		return textScorer{}, usage.Errorf("--label applies to --points, not to --text: leave it out")
	}
	var none textScorer
	if _, err := os.Stat(c.Of); err != nil {
		t, err := datasets.TextByName(c.Of)
		switch {
		case err != nil:
			return none, registry.InputError(fmt.Errorf("%s is not a run folder; as a source of text: %w", c.Of, err))
		case t.Source == nil:
			return none, usage.Errorf("%s has no known probabilities: score texts under a run or a source", t.Name)
		case c.Draws != nil:
			return none, usage.Errorf(drawsForBounds, t.Name)
		}
		return exactText(t.Source, t.Name), nil
	}
	r, err := models.All.Open(c.Of)
	if err != nil {
		return none, err
	}
	if m, ok := r.Model.(models.MaskedRun); ok {
		return c.maskedScorer(m, r.Job.Seed())
	}
	if c.Draws != nil {
		return none, usage.Errorf(drawsForBounds, c.Of)
	}
	if m, ok := r.Model.(models.TextRun); ok {
		return exactText(m, c.Of), nil
	}
	return none, usage.Errorf("%s is a run of points, which has no probability of text: score points with --points FILE", c.Of)
}

// maskedScorer scores by the bound of masked diffusion, with --draws masks for each block.
func (c *scoreCmd) maskedScorer(m models.MaskedRun, seed uint64) (textScorer, error) {
	draws := 8
	if c.Draws != nil {
		draws = *c.Draws
	}
	if draws < 1 || draws > 100000 {
		return textScorer{}, usage.Errorf("--draws is %d, but must be 1 to 100000", draws)
	}
	b := masked.Bound{Text: m.Text, Samples: draws}
	return textScorer{
		kind:  fmt.Sprintf("shares of a lower bound on log p of the text under %s, not log p itself: %v, %d masks per block", c.Of, b, draws),
		bound: true,
		score: func(text string) []float64 { return b.LogBound(text, train.NewStream(seed, "bound").Rand) },
	}, nil
}
