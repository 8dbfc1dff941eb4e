package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/models"
	"genlab/lab/sweep"
)

// compareCmd trains and measures several models on the same data under the same budget.
type compareCmd struct {
	compare.Request
	Runs   []string `sep:"none" placeholder:"GLOB" help:"Train nothing: compare the settings of the run folders of a pattern, such as 'runs/flow-*', with intervals over their seeds; repeatable. The files go to --out."`
	By     []string `placeholder:"NAME,..." help:"With --runs: settings to compare, averaged over the others (default: all that differ)."`
	Metric string   `placeholder:"NAME" help:"With --runs: metric to compare (default energy_distance, or nats_per_character for text)."`
	JSON   bool     `name:"json" help:"Print JSON instead of tables."`

	KeepGoing bool `help:"Exit with status 0 though some of the runs failed; the table says which and why."`
}

// Run trains what is not trained yet, measures it, and writes and prints the comparison.
func (c *compareCmd) Run(con *console, kctx *kong.Context) error {
	if c.Runs != nil {
		return c.runs(con, kctx)
	}
	if c.By != nil || c.Metric != "" {
		return usage.Errorf("--by and --metric apply to --runs: add it, or leave them out")
	}
	if err := checkEnvironment("compare, which trains every model with its defaults"); err != nil {
		return err
	}
	k, err := compare.New(models.All, c.Request)
	if err != nil {
		return err
	}
	defer k.Close()
	progress := con.stdout
	if c.JSON {
		progress = con.stderr
	}
	if c.Calibrate {
		return k.Calibrate(con.ctx, progress)
	}
	r, err := k.Run(con.ctx, c.Overwrite, progress)
	if err != nil {
		return err
	}
	if c.JSON {
		b, err := r.Encode()
		if err == nil {
			_, err = con.stdout.Write(b)
		}
		return cmp.Or(err, c.failure(k))
	}
	fmt.Fprint(con.stdout, r.Text())
	for _, name := range compare.Files {
		fmt.Fprintln(con.stdout, k.Path(name))
	}
	return c.failure(k)
}

// failure returns the error of the runs that failed, unless those may be few.
func (c *compareCmd) failure(k *compare.Comparison) error {
	err := k.Err()
	if failed := (*compare.FailedError)(nil); c.KeepGoing && errors.As(err, &failed) && !failed.Every {
		return nil
	}
	return err
}

// runs compares run folders that exist.
func (c *compareCmd) runs(con *console, kctx *kong.Context) error {
	for _, p := range kctx.Path {
		if p.Flag != nil && !slices.Contains([]string{"runs", "by", "metric", "json", "out"}, p.Flag.Name) {
			return usage.Errorf("--runs and --%s exclude each other: the runs are what they are", p.Flag.Name)
		}
	}
	study, err := sweep.Folders(models.All, c.Runs)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	return printAnswer(con, study, c.Out, c.Metric, c.By, c.JSON)
}

// checkEnvironment fails where the environment has settings, which a command would silently ignore.
func checkEnvironment(command string) error {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "GENLAB_") && name != "GENLAB_CPU" {
			return usage.Errorf("environment: %s does not apply to %s: unset it", name, command)
		}
	}
	return nil
}
