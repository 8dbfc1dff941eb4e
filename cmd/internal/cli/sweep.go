package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/process"
	"genlab/lab/registry"
	"genlab/lab/sweep"
	"genlab/lab/term"
)

// sweepCmd has a subcommand for each registered model, whose settings take lists and ranges, one for a plan in a file,
// and those that do one run and show the results.
type sweepCmd struct {
	Plan sweepFileCmd `cmd:"" default:"withargs" help:"Run the plan of a YAML file."`
	Run  sweepRunCmd  `cmd:"" help:"Do one run of a sweep: what a task of a cluster calls."`
	Show sweepShowCmd `cmd:"" help:"Show the results of a sweep with intervals, effects and comparisons."`
	kong.Plugins
}

// sweepOptions are the flags of every sweep.
type sweepOptions struct {
	Seeds      string `placeholder:"K" help:"Number of seeds per configuration, or a list such as 3,4 (default 1; five or more give reliable intervals)."`
	Search     string `placeholder:"NAME" help:"How configurations are chosen: grid, random, sobol or halton (default grid)."`
	Trials     int    `placeholder:"N" help:"Number of configurations of a search; more of them later keep the first."`
	SearchSeed uint64 `placeholder:"N" help:"Seed of the search (default 1)."`
	Halving    int    `placeholder:"N" help:"Successive halving: after each rung, a number of steps, one configuration in N trains on."`
	Metric     string `placeholder:"NAME" help:"Metric that is shown first, and that halving ranks by (default energy_distance, or nats_per_character for text)."`
	Smoke      bool   `help:"Train tiny models for a few hundred steps, to check that everything works."`
	DryRun     bool   `help:"Print the plan and its cost, and write nothing."`
	Out        string `placeholder:"DIR" help:"Folder of the sweep (default runs/sweep-NAME)."`
	Launcher   string `default:"local" enum:"local,slurm,none" help:"Where the runs are done: local (the cores of this machine), slurm (a job array), or none: write the plan for another program that calls genlab sweep run."`
	Sbatch     string `placeholder:"FLAGS" help:"Flags for sbatch, such as \"--partition=short --mem=1G\"."`
}

// sweepFileCmd runs a plan in YAML.
type sweepFileCmd struct {
	File string `arg:"" help:"Plan in YAML."`
	sweepOptions
}

// Run plans the sweep of a file and runs it.
func (c *sweepFileCmd) Run(con *console) error {
	q, err := sweep.ReadPlan(c.File)
	if err != nil {
		return err
	}
	base := filepath.Base(c.File)
	return c.run(con, q, strings.TrimSuffix(base, filepath.Ext(base)))
}

// sweepModel sweeps the settings of one model.
type sweepModel struct {
	Settings any `embed:""` // a struct of strings, one for each setting
	sweepOptions
	model registry.Model
}

func newSweepCmd() sweepCmd {
	var c sweepCmd
	for _, m := range models.All {
		about := m.About()
		var fields []reflect.StructField
		for i, f := range registry.Fields(m.Job("", false)) {
			if f.Key == "model" || f.Key == "seed" {
				continue
			}
			tag := fmt.Sprintf(`name:%q placeholder:%q help:%s group:%q`, f.Key, placeholder(f)+",...", strconv.Quote(f.Describe()), cmp.Or(f.Group, "model"))
			if len(f.Aliases) > 0 {
				tag += fmt.Sprintf(` aliases:%q`, strings.Join(f.Aliases, ","))
			}
			fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)})
		}
		command := sweepModel{Settings: reflect.New(reflect.StructOf(fields)).Interface(), model: m}
		tag := fmt.Sprintf(`cmd:"" name:%q help:%q group:%q`, about.Name, "Sweep the settings of "+about.Name+".", about.Role.String())
		plugin := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Command", Type: reflect.TypeFor[sweepModel](), Tag: reflect.StructTag(tag)}}))
		plugin.Elem().Field(0).Set(reflect.ValueOf(command))
		c.Plugins = append(c.Plugins, plugin.Interface())
	}
	return c
}

// Run plans the sweep of the flags and runs it.
func (c *sweepModel) Run(con *console, kctx *kong.Context) error {
	q := sweep.Request{Models: []string{c.model.About().Name}, Seeds: sweep.Seeds(1), SearchSeed: 1}
	fields := registry.Fields(c.model.Job("", false))
	for _, p := range kctx.Path {
		if p.Flag == nil {
			continue
		}
		for _, f := range fields {
			if f.Key != p.Flag.Name || p.Flag.Target.Kind() != reflect.String {
				continue
			}
			axis, err := sweep.ParseAxis(f.Key, p.Flag.Target.String())
			switch {
			case err != nil:
				return err
			case f.Key == "data":
				q.Data = axis.Values
			default:
				q.Axes = append(q.Axes, axis)
			}
		}
	}
	return c.run(con, q, c.model.About().Name)
}

// run overrides parts of a request by the flags, and plans and runs it.
func (c *sweepOptions) run(con *console, q sweep.Request, name string) error {
	if err := checkEnvironment("sweep, whose settings are all in its plan"); err != nil {
		return err
	}
	if err := c.override(&q); err != nil {
		return err
	}
	out := cmp.Or(c.Out, filepath.Join("runs", "sweep-"+name))
	plan, err := sweep.New(models.All, q)
	if err != nil {
		return err
	}
	cores := process.Cores()
	text, err := plan.Describe(cores)
	if err != nil {
		return err
	}
	fmt.Fprintln(con.stdout, term.Wrap(text, term.Width))
	if c.DryRun {
		fmt.Fprint(con.stdout, plan.List(50))
		return nil
	}
	if err := plan.CheckSpace(out); err != nil {
		return err
	}
	s, err := plan.Open(out)
	if err != nil {
		return err
	}
	switch c.Launcher {
	case "slurm":
		return s.Submit(con.ctx, strings.Fields(c.Sbatch), con.stdout)
	case "none":
		fmt.Fprintf(con.stdout, "planned; genlab sweep run %s --index I does a run, I from 0 to %d\n", out, len(s.Entries)-1)
		return nil
	}
	if err := s.Run(con.ctx, con.stdout); err != nil {
		return err
	}
	return show(con, out, "", nil, false)
}

// override sets the parts of a request that flags give.
func (c *sweepOptions) override(q *sweep.Request) error {
	if c.Sbatch != "" && c.Launcher != "slurm" {
		return usage.Errorf("--sbatch applies to --launcher slurm: add it, or leave --sbatch out")
	}
	if c.Seeds != "" {
		var err error
		if q.Seeds, err = sweep.ParseSeeds(c.Seeds); err != nil {
			return err
		}
	}
	q.Search = cmp.Or(q.Search, sweep.Grid)
	if c.Search != "" {
		if err := q.Search.UnmarshalText([]byte(c.Search)); err != nil {
			return fmt.Errorf("--search: %w", err)
		}
	}
	q.Trials = cmp.Or(c.Trials, q.Trials)
	q.SearchSeed = cmp.Or(c.SearchSeed, q.SearchSeed)
	q.Halving = cmp.Or(c.Halving, q.Halving)
	q.Metric = cmp.Or(c.Metric, q.Metric)
	q.Smoke = q.Smoke || c.Smoke
	return nil
}

// isPlan reports whether an argument is a plan file rather than a mistyped name.
func isPlan(arg string) bool {
	if slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(arg)) {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && !info.IsDir()
}

// sweepRunCmd does one run.
type sweepRunCmd struct {
	Dir   string `arg:"" help:"Folder of the sweep."`
	Index int    `required:"" placeholder:"I" help:"Index of the run: its line in plan.jsonl, from 0."`
}

// Run does the run; see [sweep.Task].
func (c *sweepRunCmd) Run(con *console) error {
	return sweep.Task(con.ctx, models.All, c.Dir, c.Index, con.stdout)
}
