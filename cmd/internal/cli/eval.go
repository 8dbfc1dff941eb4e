package cli

import (
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/term"
)

// evalCmd measures a run.
type evalCmd struct {
	Run_  string `arg:"" name:"RUN" help:"Run directory." predictor:"run"`
	N     int    `short:"n" default:"10000" help:"Number of samples, at least 100."`
	JSON  bool   `name:"json" help:"Print JSON."`
	Wide  bool   `help:"Print all columns: number of samples, kind of likelihood, which way is better."`
	Sweep string `placeholder:"FILE" help:"Plot instead the energy distance of every sampler of a diffusion run against its network evaluations, to this .png file."`
	registry.Options
}

// Run measures and prints.
func (c *evalCmd) Run(con *console) error {
	if c.N < 100 {
		return usage.Errorf("-n is %d, but must be at least 100", c.N)
	}
	if c.Label != "" {
		return usage.Errorf("eval measures all labels together; genlab sample and score take --label")
	}
	r, err := models.All.Open(c.Run_)
	if err != nil {
		return err
	}
	if c.Sweep != "" {
		return c.sweep(con, r)
	}
	if c.Prompt != nil && r.Job.Of() == registry.Model(&models.Captioned) || c.Refine != nil {
		return usage.Errorf("eval measures all prompts together; genlab sample takes --prompt and --refine")
	}
	rep, _, err := evaluate.Run(r, c.N, c.Options)
	if err != nil {
		return err
	}
	if c.JSON {
		return term.JSON(con.stdout, rep)
	}
	printReport(con.stdout, rep, c.Wide)
	return nil
}
