// Package cli implements the genlab command: one file per subcommand, with its flags and its Run method.
// The packages under lab do the work.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/models"
	"genlab/lab/process"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
	"genlab/train"
)

// cli is the command line; each subcommand is a field here and has its own file.
type cli struct {
	Train      trainCmd      `cmd:"" help:"Train a model into a run folder."`
	Sample     sampleCmd     `cmd:"" help:"Sample points or text from a trained run."`
	Score      scoreCmd      `cmd:"" help:"Compute log p, or a lower bound on it, of points or text under a run or a dataset."`
	Eval       evalCmd       `cmd:"" help:"Evaluate a trained run against the true distribution."`
	Compare    compareCmd    `cmd:"" help:"Train models on the same data under the same budget, and report them on one page."`
	Live       liveCmd       `cmd:"" help:"Train models side by side in the browser, and change their data and settings while they learn."`
	Sweep      sweepCmd      `cmd:"" help:"Train a model with many settings and seeds, and report what they do, with intervals."`
	Export     exportCmd     `cmd:"" help:"Write the metrics of runs for TensorBoard, MLflow, or as CSV."`
	Models     modelsCmd     `cmd:"" help:"List the models that can be trained."`
	Datasets   datasetsCmd   `cmd:"" help:"List the datasets, or describe and plot one."`
	Experiment experimentCmd `cmd:"" help:"Test a claim about generative models, or list the claims with their results."`
	Map        mapCmd        `cmd:"" help:"Compare the paradigms in theory and by measurements; map place classifies a model."`
	Version    versionCmd    `cmd:"" help:"Print the version, the commit and the CPU kernels in use."`

	Completion kongcompletion.Completion `cmd:"" help:"Print how to activate tab completion in bash, zsh or fish."`
}

// Main runs the command on the program's arguments and exits with its status. After the first SIGINT or
// SIGTERM it saves a checkpoint and exits; a second ends it at once.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	outliveReaders()
	err := Run(process.WithParent(ctx), os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(term.NewOutput(os.Stderr), "genlab:", err)
	}
	os.Exit(Status(err))
}

// Status returns the exit status of an error of [Run]: 0 for nil, 1 for a failure of the system (a full disk,
// say), 2 for wrong usage or configuration, 3 for a diverged training, 4 for a corrupt file, 75 for an
// interruption after a checkpoint was written.
func Status(err error) int {
	var (
		usage    usage.Error
		setting  *config.Error
		name     *suggest.Error
		parse    *kong.ParseError
		diverged *train.DivergedError
		failed   *compare.FailedError
		corrupt  *rundir.CorruptError
	)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, trainer.ErrInterrupted):
		return process.Interrupted
	case errors.As(err, &corrupt), errors.Is(err, datasets.ErrCorrupt):
		return 4
	case errors.As(err, &diverged), errors.As(err, &failed) && failed.Diverged:
		return process.Diverged
	case errors.As(err, &usage), errors.As(err, &setting), errors.As(err, &name), errors.As(err, &parse),
		errors.Is(err, rundir.ErrExists), errors.Is(err, rundir.ErrLocked), errors.Is(err, rundir.ErrNotRun):
		return 2
	}
	return 1
}

// Run runs the command with its arguments. Its error says what went wrong and what to do; [Status] turns it
// into an exit status. A reader of stdout that stops reading is no error; any other failure to write to it is.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	out := term.NewOutput(stdout)
	return out.Result(run(ctx, args, out, term.NewOutput(stderr)))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if err := kernel.LevelError(); err != nil {
		return usage.Errorf("environment: %w", err)
	}
	done := false // after --help
	c := cli{Train: newTrainCmd(), Sweep: newSweepCmd()}
	k, err := kong.New(&c,
		kong.Name("genlab"),
		kong.Description("Trains, samples and measures small generative models on distributions whose density is known exactly."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { done = true }),
		kong.WithHyphenPrefixedParameters(true),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ExplicitGroups(groups),
	)
	if err != nil {
		return err
	}
	describeSettings(k, c.Train)
	kongcompletion.Register(k, kongcompletion.WithPredictors(map[string]complete.Predictor{
		"dataset": complete.PredictSet(dataNames()...),
		"run":     complete.PredictDirs("*"),
	}))
	if done { // the shell has asked for completions
		return nil
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if err := checkNames(args, k); err != nil {
		return err
	}
	kctx, err := k.Parse(args)
	if done {
		return nil
	}
	if err != nil {
		return err
	}
	return kctx.Run(&console{ctx, stdout, stderr}, kctx)
}

// checkNames fails for an unknown command, model or flag, and lists the valid ones, which kong does not.
func checkNames(args []string, k *kong.Kong) error {
	node := k.Model.Node
	for len(args) > 0 && len(node.Children) > 0 && !strings.HasPrefix(args[0], "-") {
		kind := "command"
		switch node.Name {
		case "train":
			kind = "model"
		case "sweep":
			kind = "model, plan file or command"
		}
		var names []string
		for _, c := range node.Children {
			names = append(names, c.Name)
		}
		i := slices.Index(names, args[0])
		if i < 0 && node.Name == "sweep" && isPlan(args[0]) {
			break
		}
		if i < 0 {
			return suggest.Name(kind, args[0], names)
		}
		node, args = node.Children[i], args[1:]
	}
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	if node.Name == "train" && (len(args) == 0 || args[0] != "--help" && args[0] != "-h") {
		return usage.Errorf("missing model: genlab train MODEL, where MODEL is one of %s", strings.Join(models.All.Names(), ", "))
	}
	var flags []string
	takesValue := map[string]bool{}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			for _, name := range append([]string{f.Name}, f.Aliases...) {
				flags = append(flags, "--"+name)
				takesValue["--"+name] = !f.IsBool()
			}
		}
	}
	for i, a := range args {
		if a == "--" {
			break
		}
		if i > 0 && takesValue[args[i-1]] { // a value may begin with hyphens
			continue
		}
		if name, _, _ := strings.Cut(a, "="); strings.HasPrefix(name, "--") {
			if err := suggest.Name("flag", name, flags); err != nil {
				return err
			}
		}
	}
	return nil
}

// dataNames returns the names of all built-in datasets and texts.
func dataNames() []string {
	names := append(datasets.Names(), datasets.TextNames()...)
	for _, d := range datasets.More() {
		names = append(names, d.Name)
	}
	return names
}
