package cli

import (
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/term"
)

// evalCmd measures a trained run, or samples that another program drew.
type evalCmd struct {
	Run_  string `arg:"" optional:"" name:"RUN" help:"Run folder; or none, with --samples." predictor:"run"`
	N     int    `short:"n" default:"10000" help:"Number of samples, at least 100."`
	JSON  bool   `name:"json" help:"Print JSON."`
	Wide  bool   `help:"Also print sample size, kind of likelihood and which direction is better."`
	Sweep string `placeholder:"FILE" help:"Plot only, to this .png file: energy distance against network evaluations, for every sampler of a diffusion run."`
	foreignModel
	registry.Options
}

// Run measures the run or the samples and prints the report.
func (c *evalCmd) Run(con *console) error {
	if c.N < 100 {
		return usage.Errorf("-n is %d, but must be at least 100", c.N)
	}
	if given := c.given(); c.Run_ == "" || len(given) > 0 {
		return c.evalForeign(con, given)
	}
	if c.Label != "" {
		return usage.Errorf("eval measures all labels together: leave out --label, which applies to genlab sample and genlab score")
	}
	r, err := models.All.Open(c.Run_)
	if err != nil {
		return err
	}
	if c.Sweep != "" {
		return sweepSamplers(con, r, c.Sweep, c.N, c.Options, c.JSON)
	}
	if c.Prompt != nil && r.Job.Of() == registry.Model(&models.Captioned) || c.Refine != nil {
		return usage.Errorf("eval measures all prompts together: leave out --prompt and --refine, which apply to genlab sample")
	}
	rep, _, err := evaluate.Run(r, c.N, c.Options)
	if err != nil {
		return err
	}
	return c.print(con, rep)
}

func (c *evalCmd) print(con *console, rep *evaluate.Report) error {
	if c.JSON {
		return term.JSON(con.stdout, rep)
	}
	printReport(con.stdout, rep, c.Wide)
	return nil
}
