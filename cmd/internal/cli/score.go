package cli

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/term"
	"genlab/train"
)

// scoreCmd evaluates log-densities.
type scoreCmd struct {
	Of        string   `arg:"" name:"RUN|DATASET" help:"Run folder, or name of a dataset." predictor:"run"`
	Points    string   `xor:"what" required:"" placeholder:"FILE" help:"File of points, .npy (n x 2, or as many columns as the data) or .csv."`
	Text      string   `xor:"what" required:"" placeholder:"FILE" help:"File of UTF-8 text, for a text model or source; one value per character."`
	Out       string   `short:"o" placeholder:"FILE" help:"File to write, .npy (n) or .csv (default: one value per line on standard output)."`
	Draws     *int     `help:"Samples for a model with a bound, 1 to 100000: of z per point (default 50; 1 gives the ELBO), or of masks per block of a text (default 8)."`
	Tolerance *float64 `help:"Error tolerance of the ODE of a density, 1e-10 to 0.1 (default 2e-06; flow matching has a setting of its own)."`
	Label     string   `help:"Label to condition on, by number or name, for a run trained with --conditional."`
}

// Run scores points or text and writes the values; their kind goes to standard error.
func (c *scoreCmd) Run(con *console) error {
	if c.Out != "" {
		if err := datasets.CheckName(c.Out); err != nil {
			return usage.Error{Err: err}
		}
	}
	if c.Text != "" {
		return c.scoreText(con)
	}
	q, err := c.scorer(con)
	if err != nil {
		return err
	}
	x, err := datasets.ReadRows(c.Points, q.columns)
	if err != nil {
		return registry.InputError(err)
	}
	scores := q.score(x)
	fmt.Fprintln(con.stderr, term.Wrap(fmt.Sprintf("%s, in nats; %d points", q.kind, len(scores)), term.Width))
	if k := infinite(scores); q.ode && k > 0 {
		fmt.Fprintln(con.stderr, term.Hanging(fmt.Sprintf("warning: log p is -Inf at %d of %d points, at which the integration did not end in 10,000 steps. That is so far outside the data, or where --tolerance is less than the rounding of a float32 network.", k, len(scores)), term.Width, 2))
	}
	return c.write(con, scores)
}

// infinite counts the values of -Inf.
func infinite(scores []float64) (count int) {
	for _, v := range scores {
		if math.IsInf(v, -1) {
			count++
		}
	}
	return count
}

func (c *scoreCmd) write(con *console, scores []float64) error {
	if c.Out != "" {
		return datasets.WriteVector(c.Out, scores)
	}
	return printCSV(con.stdout, mat.NewDense(len(scores), 1, scores))
}

// scorer gives points a value of some kind.
type scorer struct {
	kind    string
	columns int // of the points
	score   func(x mat.Matrix) []float64
	ode     bool // it solves an ODE for each point
}

func exact(q genlab.LogProber, name string, columns int) scorer {
	kind := fmt.Sprintf("log p under %s: exact", name)
	_, ode := q.(registry.ODELogProber)
	if t, ok := q.(interface{ Tolerance() float64 }); ok {
		kind += fmt.Sprintf(" up to the tolerance of its ODE, %g", t.Tolerance())
	}
	return scorer{kind, columns, q.LogProb, ode}
}

// scorer finds the density, or the bound on one, of a dataset or a run.
func (c *scoreCmd) scorer(con *console) (scorer, error) {
	if _, err := os.Stat(c.Of); err == nil {
		return c.ofRun(con)
	}
	ds, err := datasets.ByName(c.Of)
	switch {
	case err != nil:
		return scorer{}, registry.InputError(fmt.Errorf("%s is not a run folder; as a dataset: %w", c.Of, err))
	case ds.Density == nil:
		return scorer{}, usage.Errorf("%s has no known density: score points under a run or another dataset", ds.Name)
	case c.Draws != nil:
		return scorer{}, usage.Errorf("--draws applies to bounds, and %s has an exact density: leave it out", ds.Name)
	case c.Tolerance != nil:
		return scorer{}, usage.Errorf("--tolerance applies to densities by an ODE, and %s has a closed form: leave it out", ds.Name)
	case c.Label != "":
		return scorer{}, usage.Errorf("--label applies to conditional runs, and %s is a dataset: leave it out", ds.Name)
	}
	return exact(ds.Density, ds.Name, ds.Dim()), nil
}

func (c *scoreCmd) ofRun(con *console) (scorer, error) {
	r, err := models.All.Open(c.Of)
	if err != nil {
		return scorer{}, err
	}
	if m, ok := r.Model.(registry.TightBounder); ok && c.Label == "" && c.Tolerance == nil {
		return c.bound(con, m, columnsOf(r.Job.Data()), r.Job.Seed())
	}
	if c.Draws != nil {
		return scorer{}, usage.Errorf("--draws applies to bounds, and %s is a %s run, which has none: leave it out", c.Of, r.Name())
	}
	switch r.Model.(type) {
	case models.TextRun, models.MaskedRun:
		return scorer{}, usage.Errorf("%s is a run of text, which has no density of points: score a text with --text FILE", c.Of)
	}
	m, err := registry.WithTolerance(r.Model, c.Tolerance)
	if err != nil {
		return scorer{}, err
	}
	var q any = m
	name := c.Of
	if c.Label != "" {
		if q, _, err = r.With(registry.Options{Label: c.Label, Tolerance: c.Tolerance}); err != nil {
			return scorer{}, err
		}
		name += " given the label " + c.Label
	}
	if q, ok := q.(genlab.LogProber); ok {
		return exact(q, name, columnsOf(r.Job.Data())), nil
	}
	return scorer{}, usage.Errorf("%s is a %s run, which has no density: genlab eval compares its samples with the true distribution", c.Of, r.Name())
}

// bound scores by a VAE's bound, whose random stream belongs to the run's seed.
func (c *scoreCmd) bound(con *console, m registry.TightBounder, columns int, seed uint64) (scorer, error) {
	draws := 50
	if c.Draws != nil {
		draws = *c.Draws
	}
	if draws < 1 || draws > 100000 {
		return scorer{}, usage.Errorf("--draws is %d, but must be 1 to 100000", draws)
	}
	b := m.ImportanceWeighted(draws)
	weighted, ok := b.(weightedBound)
	return scorer{
		kind:    fmt.Sprintf("a lower bound on log p under %s, not log p itself: %v", c.Of, b),
		columns: columns,
		score: func(x mat.Matrix) []float64 {
			rng := train.NewStream(seed, "bound").Rand
			if !ok || draws == 1 {
				return b.LogBound(x, rng)
			}
			bound, effective := weighted.Weighted(x, rng)
			fmt.Fprint(con.stderr, effectiveSamples(effective, draws))
			return bound
		},
	}, nil
}

// weightedBound tells how many of its importance samples count.
type weightedBound interface {
	Weighted(x mat.Matrix, rng *rand.Rand) (bound, effective []float64)
}

// fewSamples is the effective sample size below which a bound is far from log p.
const fewSamples = 3

// effectiveSamples states the effective sample sizes of importance-weighted bounds, with a warning where they are small.
func effectiveSamples(sizes []float64, draws int) string {
	sorted := slices.Sorted(slices.Values(sizes))
	few := sort.SearchFloat64s(sorted, fewSamples)
	text := fmt.Sprintf("effective sample size of the %d importance samples: median %.3g, lowest %.3g\n", draws, sorted[len(sorted)/2], sorted[0])
	if few > 0 {
		text += term.Hanging(fmt.Sprintf("warning: it is below %d at %d of %d points, where one or two samples bear all the weight: the bound may be tens of nats below log p. It is no measure of how unusual a point is.", fewSamples, few, len(sizes)), term.Width-2, 2) + "\n"
	}
	return text
}
