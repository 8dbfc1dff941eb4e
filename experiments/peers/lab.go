package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"genlab/experiments/peer"
	"genlab/internal/atomicfile"
)

const script = "experiments/peers/peer.py"

// laboratory trains and scores models in a folder.
type laboratory struct {
	settings
	genlab string // the program
}

// result is what a folder DIR/DATA/PEER-BUDGET keeps.
type result struct {
	Data     string             `json:"data"`
	Peer     string             `json:"peer"`
	Budget   string             `json:"budget"`
	Version  string             `json:"version"`
	What     string             `json:"what"`               // the model and its training
	Density  bool               `json:"density"`            // whether the model has one
	Finite   *int               `json:"finite,omitempty"`   // finite samples of another library's model
	Infinite int                `json:"infinite,omitempty"` // points of the likelihood at which the log density is -Inf or NaN
	Train    float64            `json:"train_cpu_seconds"`
	Sample   float64            `json:"sample_cpu_seconds"`
	Metrics  map[string]*metric `json:"metrics"`

	TrainSeconds  float64 `json:"train_seconds"`
	SampleSeconds float64 `json:"sample_seconds"`
	Date          string  `json:"date"`
}

// metric is a metric of genlab eval --json.
type metric struct {
	Value  float64 `json:"value"`
	SE     float64 `json:"se"`
	Oracle float64 `json:"oracle"`
}

// diverged reports whether some samples are not finite, so that nothing can be measured.
func (r *result) diverged() bool { return r.Finite != nil && *r.Finite < evalPoints }

func (r *result) brief() string {
	if r.diverged() {
		return fmt.Sprintf("diverged: %d of %d samples are finite", *r.Finite, evalPoints)
	}
	kl := "no density"
	if r.Infinite > 0 {
		kl = r.kl()
	}
	if m := r.Metrics["kl"]; m != nil {
		kl = fmt.Sprintf("KL %.4f", m.Value)
	}
	return fmt.Sprintf("%s, energy distance %.4f, modes %.0f", kl, r.Metrics["energy_distance"].Value, r.Metrics["modes"].Value)
}

// prepare builds genlab and makes the environment of Python if they are needed.
func (s settings) prepare(ctx context.Context) (*laboratory, error) {
	var err error
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return nil, err
	}
	l := &laboratory{settings: s, genlab: filepath.Join(s.dir, "genlab")}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, err
	}
	if err := output(exec.CommandContext(ctx, "go", "build", "-o", l.genlab, "./cmd/genlab")); err != nil {
		return nil, err
	}
	if l.python != "" {
		return l, nil
	}
	venv := filepath.Join(s.dir, "venv")
	l.python = filepath.Join(venv, "bin", "python")
	done := filepath.Join(venv, "requirements.txt") // written last: a copy of what is installed
	want, err := os.ReadFile("experiments/peers/requirements.txt")
	if err != nil {
		return nil, err
	}
	if have, err := os.ReadFile(done); err == nil && string(have) == string(want) {
		return l, nil
	}
	fmt.Printf("installing the packages of requirements.txt in %s; some minutes\n", venv)
	if err := output(exec.CommandContext(ctx, "python3", "-m", "venv", venv)); err != nil {
		return nil, err
	}
	if err := output(exec.CommandContext(ctx, l.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "experiments/peers/requirements.txt")); err != nil {
		return nil, err
	}
	return l, atomicfile.Write(done, want)
}

// output runs a command; the error has what it prints.
func output(cmd *exec.Cmd) error {
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

// points writes the training points and those of the likelihood of a dataset, unless they are there, and returns their names.
func (l *laboratory) points(ctx context.Context, data string) (train, test string, err error) {
	dir := filepath.Join(l.dir, data)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", "", err
	}
	train, test = filepath.Join(dir, "train.npy"), filepath.Join(dir, "test.npy")
	for file, args := range map[string][]string{
		train: {"-n", strconv.Itoa(trainRows), "--seed", strconv.Itoa(trainSeed)},
		test:  {"-n", strconv.Itoa(evalPoints)},
	} {
		if _, err := os.Stat(file); err == nil {
			continue
		}
		if err := output(exec.CommandContext(ctx, l.genlab, append([]string{"eval", "--data", data, "--write-points", file}, args...)...)); err != nil {
			return "", "", err
		}
	}
	return train, test, nil
}

// result returns what a model reaches on a dataset: from its folder if it is there, and else it is trained.
func (l *laboratory) result(ctx context.Context, p row, data, budget string) (r *result, cached bool, err error) {
	dir := filepath.Join(l.dir, data, p.name+"-"+budget)
	file := filepath.Join(dir, "result.json")
	if r, err := readResult(file); err == nil && !l.again {
		return r, true, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	train, test, err := l.points(ctx, data)
	if err != nil {
		return nil, false, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, false, err
	}
	r = &result{Data: data, Peer: p.name, Budget: budget, Date: time.Now().Format(time.DateOnly)}
	if p.genlab {
		err = l.own(ctx, r, train, test, dir)
	} else {
		err = l.other(r, train, test, dir)
	}
	if err != nil {
		return nil, false, err
	}
	if err := l.score(ctx, r, dir); err != nil {
		return nil, false, err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, false, err
	}
	return r, false, atomicfile.Write(file, append(b, '\n'))
}

func readResult(file string) (*result, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &result{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it to train again", file, err)
	}
	return r, nil
}

// other trains a model of another library.
func (l *laboratory) other(r *result, train, test, dir string) error {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	p, err := peer.Start(log, l.python, "-W", "ignore", script, r.Peer)
	if err != nil {
		return fmt.Errorf("%w; see %s", err, log.Name())
	}
	defer p.Stop()
	r.Version = p.Version
	request, err := json.Marshal(map[string]any{"budget": r.Budget, "train": train, "test": test, "out": dir, "n": evalPoints, "seed": 1, "scale": l.scale})
	if err != nil {
		return err
	}
	answer, err := p.Ask(string(request))
	if err != nil {
		return fmt.Errorf("%w; see %s", err, log.Name())
	}
	return json.Unmarshal([]byte(answer), r)
}

// score measures the samples in a folder, unless some are not finite.
func (l *laboratory) score(ctx context.Context, r *result, dir string) error {
	if r.diverged() {
		return nil
	}
	args := []string{"eval", "--data", r.Data, "--samples", filepath.Join(dir, "samples.npy"), "-n", strconv.Itoa(evalPoints), "--json"}
	if r.Density && r.Infinite == 0 {
		args = append(args, "--logp", filepath.Join(dir, "logp.npy"), "--logq", filepath.Join(dir, "logq.npy"))
	}
	cmd := exec.CommandContext(ctx, l.genlab, args...)
	var message strings.Builder
	cmd.Stderr = &message
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, message.String())
	}
	return json.Unmarshal(out, r)
}
