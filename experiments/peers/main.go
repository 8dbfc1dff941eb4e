// Command peers trains models of scikit-learn, zuko, normflows, flowjax, torchcfm and diffusers, and genlab's nearest
// models, on the same points, and scores all of them by genlab eval --samples: against the same fresh points of the
// true distribution and its exact density. Each is trained at its documented defaults and at a common budget.
//
//	go run ./experiments/peers
//
// makes an environment of Python with the versions of requirements.txt in runs/peers/venv, trains what has no result
// in runs/peers yet, one after another and each on one core, and writes results.json and the table of docs/peers.md.
// It takes about 25 minutes; interrupted, it goes on where it was. -again trains again what has a result, to measure
// the seconds on an idle machine; -only and -data choose some of the models.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// row is a model of a library.
type row struct {
	name, library, model string
	genlab               bool // a model of genlab itself
}

// peers are the rows of the table, in its order: each kind of model begins with genlab's.
var peers = []row{
	{"genlab-flow", "genlab", "autoregressive spline flow", true},
	{"zuko", "zuko", "NSF", false},
	{"flowjax", "flowjax", "masked autoregressive spline flow", false},
	{"normflows", "normflows", "RealNVP; spline flow", false},
	{"genlab-diffusion", "genlab", "diffusion", true},
	{"diffusers", "diffusers", "DDPM; 2M solver", false},
	{"genlab-flow-matching", "genlab", "flow matching", true},
	{"cfm", "torchcfm", "conditional flow matching", false},
	{"ot-cfm", "torchcfm", "OT flow matching", false},
	{"genlab-kde", "genlab", "kernel density estimate", true},
	{"kde", "scikit-learn", "KernelDensity", false},
	{"gmm", "scikit-learn", "GaussianMixture", false},
}

var budgets = []string{"default", "fair"}

// settings are the flags.
type settings struct {
	dir, python, out string
	data, only       []string
	again            bool
	scale            float64
}

const (
	trainRows  = 20000
	trainSeed  = 1001 // the points of eval have seed 1
	evalPoints = 10000
)

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", "runs/peers", "folder of the environment, the samples and their metrics")
	flag.StringVar(&s.python, "python", "", "Python interpreter with the packages of requirements.txt (default: an environment in -dir, made if needed)")
	flag.StringVar(&s.out, "o", "", "results.json to write (default: that of this folder, and the table of docs/peers.md)")
	data := flag.String("data", "moons,25gaussians", "datasets")
	only := flag.String("only", "", "train only these rows, such as zuko,genlab-flow (default: all)")
	flag.BoolVar(&s.again, "again", false, "train again what has a result, such as to measure its seconds")
	flag.Float64Var(&s.scale, "scale", 1, "factor of all numbers of steps, such as 0.01 to try the command; needs -dir and -o of its own")
	markdown := flag.String("markdown", "", "results.json whose table to print, without training")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := func() error {
		if *markdown != "" {
			return printMarkdown(os.Stdout, *markdown)
		}
		s.data = strings.Split(*data, ",")
		for _, p := range peers {
			s.only = append(s.only, p.name)
		}
		if *only != "" {
			names := strings.Split(*only, ",")
			for _, n := range names {
				if !slices.Contains(s.only, n) {
					return fmt.Errorf("invalid -only %q: expected some of %s", n, strings.Join(s.only, ", "))
				}
			}
			s.only = names
		}
		if s.scale != 1 && (s.dir == "runs/peers" || s.out == "") {
			return fmt.Errorf("-scale %g is for trials: name another folder and file with -dir and -o", s.scale)
		}
		return s.run(ctx)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	lab, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	for _, data := range s.data {
		for _, p := range peers {
			if !slices.Contains(s.only, p.name) {
				continue
			}
			for _, budget := range budgets {
				r, cached, err := lab.result(ctx, p, data, budget)
				if err != nil {
					return fmt.Errorf("%s on %s, %s budget: %w", p.name, data, budget, err)
				}
				state := "trained"
				if cached {
					state = "was there"
				}
				fmt.Printf("%-12s %-20s %-8s %-9s %.1f s, %s\n", data, p.name, budget, state, r.TrainSeconds, r.brief())
			}
		}
	}
	return lab.report(s.out)
}

// moduleRoot returns the folder of go.mod: this one, or that above experiments/peers.
func moduleRoot() (string, error) {
	for _, dir := range []string{".", "../.."} {
		if _, err := os.Stat(filepath.Join(dir, script)); err == nil {
			return filepath.Abs(dir)
		}
	}
	return "", fmt.Errorf("%s not found: run this program from the module's root", script)
}
