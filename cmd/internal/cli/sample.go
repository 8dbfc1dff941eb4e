package cli

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/train"
)

// sampleCmd samples points or text from a run.
type sampleCmd struct {
	Run_      string  `arg:"" name:"RUN" help:"Run folder." predictor:"run"`
	N         int     `short:"n" required:"" help:"Number of points or characters, at least 1."`
	Out       string  `short:"o" placeholder:"FILE" help:"File to write, .npy or .csv, also with .gz (default: CSV on standard output)."`
	Seed      *uint64 `help:"Random seed (default: the run's)."`
	Noise     string  `group:"sampling" placeholder:"FILE" help:"File of initial noise of a diffusion model, .npy or .csv, one row per point, standard normal; it determines the samples of a deterministic sampler."`
	WithNoise bool    `group:"sampling" help:"Write pairs: the columns of a point's initial noise, then those of the point."`
	registry.Options
}

// maxPoints protects the disk from a typing error: 2^26 points are a gigabyte.
const maxPoints = 1 << 26

// blockValues is the number of coordinates that are sampled at a time, so that the memory does not grow with -n.
const blockValues = 1 << 20

// Run generates samples and writes them.
func (c *sampleCmd) Run(con *console) error {
	if c.N < 1 || c.N > maxPoints {
		return usage.Errorf("-n is %d, but must be 1 to %d", c.N, maxPoints)
	}
	var name error
	if c.Out != "" {
		if err := datasets.CheckName(c.Out); err != nil {
			name = usage.Error{Err: err}
		}
	}
	r, err := models.All.Open(c.Run_)
	if err != nil {
		return cmp.Or(name, err)
	}
	seed := r.Job.Seed()
	if c.Seed != nil {
		seed = *c.Seed
	}
	switch m := r.Model.(type) {
	case models.TextRun:
		return c.sampleText(con, m, seed)
	case models.MaskedRun:
		return c.sampleMasked(con, m, seed)
	}
	if name != nil {
		return name
	}
	columns := columnsOf(r.Job.Data())
	if c.N > 2*maxPoints/columns {
		return usage.Errorf("-n is %d, but must be 1 to %d for points of %d coordinates", c.N, 2*maxPoints/columns, columns)
	}
	s, nfe, err := r.With(c.Options)
	if err != nil {
		return err
	}
	c.warnOfPrecision(con)
	if w, ok := s.(interface{ Warning() string }); ok && w.Warning() != "" {
		fmt.Fprintln(con.stderr, term.Hanging("warning: "+w.Warning(), term.Width-2, 2))
	}
	blocks := inBlocks(s, c.N, max(1, blockValues/columns), train.NewStream(seed, "sample").Rand)
	if c.Noise != "" || c.WithNoise {
		if blocks, err = c.fromNoise(s, columns, train.NewStream(seed, "sample").Rand); err != nil {
			return err
		}
		if c.WithNoise {
			columns *= 2
		}
	}
	if c.Out == "" {
		for x := range blocks {
			if err := printCSV(con.stdout, x); err != nil {
				return err
			}
		}
		return nil
	}
	if err := datasets.StreamPoints(c.Out, c.N, columns, blocks); err != nil {
		return err
	}
	how := ""
	if named, ok := s.(fmt.Stringer); ok && nfe > 1 {
		how = fmt.Sprintf(" by %v, %d network evaluations per point", named, nfe)
	}
	fmt.Fprintf(con.stdout, "%s: %d points%s\n", c.Out, c.N, how)
	return nil
}

// inBlocks samples n points, so many at a time.
func inBlocks(s genlab.Sampler, n, block int, rng *rand.Rand) iter.Seq[mat.Matrix] {
	return func(yield func(mat.Matrix) bool) {
		for left := n; left > 0; left -= block {
			if !yield(s.Sample(min(left, block), rng)) {
				return
			}
		}
	}
}

// warnOfPrecision warns of a precision that gains nothing on this CPU.
func (c *sampleCmd) warnOfPrecision(con *console) {
	if p, err := c.Products(); err == nil && registry.NotFaster(p) != "" {
		fmt.Fprintln(con.stderr, term.Hanging("warning: "+registry.NotFaster(p), term.Width-2, 2))
	}
}

// sampleText writes the prompt and n characters that continue it.
func (c *sampleCmd) sampleText(con *console, m models.TextRun, seed uint64) error {
	model, s, prompt, err := m.Sampling(c.Options)
	if err != nil {
		return err
	}
	c.warnOfPrecision(con)
	text, err := evaluate.Continue(model, prompt, c.N, s, seed)
	if err != nil {
		return err
	}
	return c.writeText(con, prompt+text)
}

// sampleMasked is sampleText for a masked diffusion model.
func (c *sampleCmd) sampleMasked(con *console, m models.MaskedRun, seed uint64) error {
	d, prompt, err := m.Decoding(c.Options)
	if err != nil {
		return err
	}
	text, err := m.Write(prompt, c.N, d, seed)
	if err != nil {
		return err
	}
	return c.writeText(con, prompt+text)
}

// writeText writes a text to standard output or to the file.
func (c *sampleCmd) writeText(con *console, text string) error {
	if c.Out == "" {
		_, err := fmt.Fprintln(con.stdout, text)
		return err
	}
	if err := rundir.ReplaceFile(c.Out, []byte(text)); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s: %d characters\n", c.Out, c.N)
	return nil
}
