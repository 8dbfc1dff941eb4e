package cli

import (
	"fmt"
	"os"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/train"
)

// scoreCmd evaluates densities.
type scoreCmd struct {
	Of     string `arg:"" name:"RUN|DATASET" help:"Run directory, or data set by name." predictor:"run"`
	Points string `xor:"what" required:"" placeholder:"FILE" help:"Points, .npy (n x 2, or as many columns as the data has) or .csv."`
	Text   string `xor:"what" required:"" placeholder:"FILE" help:"Text in UTF-8, for a run of text or one of its sources: a value for each character."`
	Out    string `short:"o" placeholder:"FILE" help:"File to write, .npy (n) or .csv (default: one value a line on standard output)."`
	Draws  *int   `help:"Draws of z for each point where log p has only a bound, 1 to 100000 (default 50; 1 is the ELBO)."`
	Label  string `help:"Density given this label, by number or name; of a conditional run."`
}

// Run scores and writes; the kind of the values goes to standard error.
func (c *scoreCmd) Run(con *console) error {
	if c.Out != "" {
		if err := datasets.CheckName(c.Out); err != nil {
			return usage.Error{Err: err}
		}
	}
	if c.Text != "" {
		return c.scoreText(con)
	}
	q, err := c.scorer()
	if err != nil {
		return err
	}
	x, err := datasets.ReadRows(c.Points, q.columns)
	if err != nil {
		return registry.InputError(err)
	}
	scores := q.score(x)
	fmt.Fprintf(con.stderr, "%s, in nats, original coordinates; %d points\n", q.kind, len(scores))
	return c.write(con, scores)
}

func (c *scoreCmd) write(con *console, scores []float64) error {
	if c.Out != "" {
		return datasets.WriteVector(c.Out, scores)
	}
	return printCSV(con.stdout, mat.NewDense(len(scores), 1, scores))
}

// scorer is what gives points a value, and what kind of value that is.
type scorer struct {
	kind    string
	columns int // of the points
	score   func(x mat.Matrix) []float64
}

func exact(q genlab.LogProber, name string, columns int) scorer {
	return scorer{fmt.Sprintf("log p under %s: exact", name), columns, q.LogProb}
}

// scorer finds what knows a density, or a bound on one: a data set, or a run in a folder.
func (c *scoreCmd) scorer() (scorer, error) {
	if _, err := os.Stat(c.Of); err == nil {
		return c.ofRun()
	}
	ds, err := datasets.ByName(c.Of)
	switch {
	case err != nil:
		return scorer{}, registry.InputError(fmt.Errorf("%s is no run directory, and as a data set: %w", c.Of, err))
	case ds.Density == nil:
		return scorer{}, usage.Errorf("%s has no known density; score points under a run or another data set", ds.Name)
	case c.Draws != nil:
		return scorer{}, usage.Errorf("--draws is for bounds, and %s has an exact density", ds.Name)
	case c.Label != "":
		return scorer{}, usage.Errorf("--label is for conditional runs, and %s is a data set", ds.Name)
	}
	return exact(ds.Density, ds.Name, ds.Dim()), nil
}

func (c *scoreCmd) ofRun() (scorer, error) {
	r, err := models.All.Open(c.Of)
	if err != nil {
		return scorer{}, err
	}
	if m, ok := r.Model.(registry.TightBounder); ok && c.Label == "" {
		return c.bound(m, columnsOf(r.Job.Data()), r.Job.Seed())
	}
	if c.Draws != nil {
		return scorer{}, usage.Errorf("--draws is for bounds, and %s is a %s run, which has none", c.Of, r.Name())
	}
	if _, ok := r.Model.(models.TextRun); ok {
		return scorer{}, usage.Errorf("%s is a run of text, which gives points no density: score a text with --text FILE", c.Of)
	}
	var q any = r.Model
	name := c.Of
	if c.Label != "" {
		if q, _, err = r.With(registry.Options{Label: c.Label}); err != nil {
			return scorer{}, err
		}
		name += " given the label " + c.Label
	}
	if q, ok := q.(genlab.LogProber); ok {
		return exact(q, name, columnsOf(r.Job.Data())), nil
	}
	return scorer{}, usage.Errorf("%s is a %s run, which has no density to score with; genlab eval compares its samples with the truth", c.Of, r.Name())
}

// bound scores by a VAE's bound, which is random: its stream belongs to the run's seed.
func (c *scoreCmd) bound(m registry.TightBounder, columns int, seed uint64) (scorer, error) {
	draws := 50
	if c.Draws != nil {
		draws = *c.Draws
	}
	if draws < 1 || draws > 100000 {
		return scorer{}, usage.Errorf("--draws is %d, but must be 1 to 100000", draws)
	}
	b := m.Draws(draws)
	return scorer{
		kind:    fmt.Sprintf("a lower bound on log p under %s, not log p itself: %v", c.Of, b),
		columns: columns,
		score: func(x mat.Matrix) []float64 {
			return b.LogBound(x, train.NewStream(seed, "bound").Rand)
		},
	}, nil
}

// columnsOf is the number of coordinates of the points of a data set; the file that one came from
// may be gone.
func columnsOf(data string) int {
	if d, ok := datasets.FileDim(data); ok {
		return d
	}
	if ds, err := datasets.ByName(data); err == nil {
		return ds.Dim()
	}
	return 2
}
