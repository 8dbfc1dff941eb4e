package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/experiments"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/experiment"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// experimentCmd lists and runs the experiments.
type experimentCmd struct {
	Name     string `arg:"" optional:"" name:"NAME" help:"Experiment to run, or all (default: list them with their verdicts)."`
	Smoke    bool   `help:"Run at a tiny scale, without a verdict, to check that everything works; results go to runs/smoke/NAME."`
	Seeds    int    `placeholder:"K" help:"Run seeds 1 to K (default: the experiment's own number; 2 in a smoke run)."`
	Out      string `placeholder:"DIR" help:"Folder for results.json and README.md (default experiments/NAME); with all, its parent folder."`
	Runs     string `default:"runs/experiments" placeholder:"DIR" help:"Folder in which trainings are cached."`
	AnyBuild bool   `help:"Also use trainings that were cached by another build of genlab."`
	Check    bool   `help:"Exit with status 1 if a claim is not supported."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// maxSeeds is more than anybody waits for.
const maxSeeds = 1000

// errNotSupported is a criterion that was not met, under --check.
var errNotSupported = errors.New("not supported")

// Run lists all experiments, or runs one or all of them. A claim that is not supported is a result, and
// not a failure unless --check asks for it.
func (c *experimentCmd) Run(con *console) error {
	list := experiments.All()
	if c.Name == "" {
		return c.list(con, list)
	}
	if c.Seeds < 0 || c.Seeds > maxSeeds {
		return usage.Errorf("--seeds is %d, but must be 1 to %d", c.Seeds, maxSeeds)
	}
	if c.Name != "all" {
		names := []string{"all"}
		for _, e := range list {
			if names = append(names, e.Name); e.Name == c.Name {
				list = []experiment.Experiment{e}
			}
		}
		if err := suggest.Name("experiment", c.Name, names); err != nil {
			return err
		}
	}
	var (
		results  []*experiment.Result
		failures []error
	)
	for _, e := range list {
		r, err := c.one(con, e)
		if con.ctx.Err() != nil {
			return fmt.Errorf("%w: %d of %d experiments done; run the same command again to continue with the trainings cached in %s", trainer.ErrInterrupted, len(results), len(list), c.Runs)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", e.Name, err))
			continue
		}
		if results = append(results, r); c.Check && !r.Supported {
			failures = append(failures, fmt.Errorf("%s: %w", e.Name, errNotSupported))
		}
	}
	if c.JSON {
		if err := term.JSON(con.stdout, results); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

// one runs an experiment and writes its result.
func (c *experimentCmd) one(con *console, e experiment.Experiment) (*experiment.Result, error) {
	s := experiment.Setup{Smoke: c.Smoke, Store: c.Runs, AnyBuild: c.AnyBuild}
	say := con.stdout
	if c.JSON {
		say = con.stderr
	}
	begun := time.Now()
	s.Log = func(format string, args ...any) {
		fmt.Fprintf(say, "%s %6.1f s  %s\n", e.Name, time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	seeds := c.Seeds
	if seeds == 0 {
		seeds = s.Scale(e.Seeds, 2)
	}
	for seed := range seeds {
		s.Seeds = append(s.Seeds, uint64(seed+1))
	}
	out := c.Out
	switch {
	case out != "" && c.Name == "all":
		out = filepath.Join(out, e.Name)
	case out == "" && c.Smoke:
		out = filepath.Join("runs", "smoke", e.Name)
	case out == "":
		out = filepath.Join("experiments", e.Name)
	}
	if err := experiment.MayWrite(out, c.Smoke); err != nil {
		return nil, usage.Error{Err: err}
	}
	fmt.Fprintf(say, "%s: %s\n", e.Name, e.Claim)
	r, err := runInterruptible(con.ctx, func() (*experiment.Result, error) { return e.Do(con.ctx, s) })
	if err != nil {
		return nil, err
	}
	if err := r.Write(out); err != nil {
		return nil, err
	}
	fmt.Fprintf(say, "%s: %s. %s\n%s\n", e.Name, r.Verdict(), r.Answer, filepath.Join(out, experiment.ResultFile))
	return r, nil
}

// list shows every claim with the answer that the program was built with.
func (c *experimentCmd) list(con *console, list []experiment.Experiment) error {
	type entry struct {
		Name      string             `json:"name"`
		Claim     string             `json:"claim"`
		Test      string             `json:"test"`
		Criterion string             `json:"criterion"`
		Seeds     int                `json:"seeds"`
		Result    *experiment.Result `json:"result"` // null: not yet run
	}
	var entries []entry
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"name", "claim", "verdict", "measured"})
	for _, e := range list {
		r, err := experiments.Shipped(e.Name)
		verdict, date := "not yet run", ""
		switch {
		case err == nil:
			verdict, date = r.Verdict(), r.Date
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		entries = append(entries, entry{e.Name, e.Claim, e.Test, e.Criterion, e.Seeds, r})
		t.AppendRow(table.Row{e.Name, e.Claim, verdict, date})
	}
	if c.JSON {
		return term.JSON(con.stdout, entries)
	}
	t.SetColumnConfigs([]table.ColumnConfig{term.Wrapped(1, 14), term.Wrapped(2, 34), term.Wrapped(3, 8)})
	t.Style().Options.SeparateRows = true
	t.Render()
	fmt.Fprintln(con.stdout, "genlab experiment NAME runs one; experiments/NAME/README.md has the results.\ngenlab experiment all --smoke checks that all run.")
	return nil
}
