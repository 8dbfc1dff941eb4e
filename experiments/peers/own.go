package main

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// own trains a model of genlab on one core by its command, and writes what peer.py writes.
func (l *laboratory) own(ctx context.Context, r *result, train, test, dir string) error {
	model := strings.TrimPrefix(r.Peer, "genlab-")
	run := filepath.Join(dir, "run")
	args := []string{"train", model, "--data", "file:" + train, "--holdout", "0", "--train-only", "--overwrite", "--out", run}
	r.What, r.Density = "genlab train "+model, true
	steps := map[string]int{"flow": 11000, "diffusion": 8000, "flow-matching": 10000}[model] // the defaults
	if r.Budget == "fair" && steps > 0 {
		steps = 2500
		r.What += " --steps 2500"
	}
	if l.scale != 1 && steps > 0 {
		steps = max(1, int(math.Round(float64(steps)*l.scale)))
	}
	if steps > 0 {
		args = append(args, "--steps", strconv.Itoa(steps))
	}
	if model == "kde" && r.Budget == "fair" && l.scale == 1 { // most of the rows as centres, the others once for the bandwidth
		args = append(args, "--centres", "12000", "--batch", "64", "--steps", "312", "--memory", "0")
		r.What += " --centres 12000 --batch 64 --steps 312 --memory 0, one pass"
	}
	version, err := exec.CommandContext(ctx, l.genlab, "version").Output()
	if err != nil {
		return err
	}
	r.Version, _, _ = strings.Cut(string(version), "\n")
	if r.TrainSeconds, r.Train, err = l.timed(ctx, args...); err != nil {
		return err
	}
	samples := filepath.Join(dir, "samples.npy")
	if r.SampleSeconds, r.Sample, err = l.timed(ctx, "sample", run, "-n", strconv.Itoa(evalPoints), "-o", samples); err != nil {
		return err
	}
	for points, file := range map[string]string{samples: "logp.npy", test: "logq.npy"} {
		if _, _, err := l.timed(ctx, "score", run, "--points", points, "-o", filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	return nil
}

// timed runs genlab with one core, and returns the seconds of the wall and of the core.
func (l *laboratory) timed(ctx context.Context, args ...string) (wall, cpu float64, err error) {
	cmd := exec.CommandContext(ctx, l.genlab, args...)
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
	var message strings.Builder
	cmd.Stderr = &message
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, message.String())
	}
	return time.Since(start).Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}
