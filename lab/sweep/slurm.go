package sweep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/usage"
	"genlab/lab/rundir"
)

// cluster is how Slurm is called.
type cluster struct {
	// call runs a program of Slurm with an input, and returns what it prints.
	call func(ctx context.Context, input, program string, args ...string) (string, error)
}

// Submit submits the runs that are left as job arrays of Slurm, and returns at once; flags are passed to sbatch after
// genlab's own. Runs that are queued or running already are left out. A task that is told to end by SIGTERM, 60 s before
// its time limit or by preemption, saves a checkpoint and is requeued; so is one that was killed, up to five times. The
// same command submits again what remains. Submit fails with a usage error where Slurm's programs are missing, and with
// the message of sbatch.
func (s *Sweep) Submit(ctx context.Context, flags []string, w io.Writer) error {
	return s.submit(ctx, cluster{callSlurm}, flags, w)
}

func callSlurm(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = strings.NewReader(input)
	var message bytes.Buffer
	cmd.Stderr = &message
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", usage.Errorf("--launcher slurm: %s is not here: run the command on a machine that submits to Slurm, or leave --launcher out", program)
	}
	if err != nil {
		if text := strings.TrimSpace(message.String()); text != "" {
			err = errors.New(text)
		}
		return "", fmt.Errorf("%s: %w", program, err)
	}
	return string(out), nil
}

func (s *Sweep) submit(ctx context.Context, c cluster, flags []string, w io.Writer) error {
	dir, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	size, err := c.arraySize(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("genlab-%.4x", sha256.Sum256([]byte(dir)))
	queued, err := c.queued(ctx, name)
	if err != nil {
		return err
	}
	todo := slices.DeleteFunc(s.todo(true), func(e Entry) bool { return queued[e.Index] })
	if len(queued) > 0 {
		fmt.Fprintf(w, "%s queued or running already\n", count(len(queued), "run"))
	}
	if len(todo) == 0 {
		fmt.Fprintf(w, "nothing to submit; genlab sweep show %s shows the results\n", s.path)
		return nil
	}
	script, err := jobScript(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o777); err != nil {
		return err
	}
	if err := rundir.ReplaceFile(filepath.Join(dir, "slurm.sh"), []byte(script)); err != nil {
		return err
	}
	rounds := 1
	for _, b := range s.brackets() {
		rounds = max(rounds, len(b.steps))
	}
	var previous []string
	for range rounds { // a rung of halving begins when all tasks of the one before have ended
		var jobs []string
		for offset := 0; offset <= todo[len(todo)-1].Index; offset += size {
			array := ranges(todo, offset, size)
			if array == "" {
				continue
			}
			args := []string{"--parsable", "--job-name=" + name + "+" + strconv.Itoa(offset), "--array=" + array,
				"--output=" + filepath.Join(dir, "logs", "%A_%a.out"), "--open-mode=append", "--requeue", "--signal=B:TERM@60", "--cpus-per-task=1"}
			if previous != nil {
				args = append(args, "--dependency=afterany:"+strings.Join(previous, ":"))
			}
			out, err := c.call(ctx, script, "sbatch", append(args, flags...)...)
			if err != nil {
				return err
			}
			job, _, _ := strings.Cut(strings.TrimSpace(out), ";") // "job;cluster"
			jobs = append(jobs, job)
		}
		previous = jobs
		fmt.Fprintf(w, "job %s\n", strings.Join(jobs, ", "))
	}
	fmt.Fprintf(w, "%s submitted; squeue --name=%s+0 lists them, genlab sweep show %s shows the results\n", count(len(todo), "run"), name, s.path)
	return nil
}

// jobScript returns the script of a task. The shell waits for the program, since SIGTERM reaches the shell first, and
// requeues the task where it was interrupted or killed.
func jobScript(dir string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	return `#!/bin/bash
# A run of a sweep, written by genlab sweep --launcher slurm.
export GOMAXPROCS=${SLURM_CPUS_PER_TASK:-1}
offset=${SLURM_JOB_NAME##*+}
` + shellQuote(exe) + ` sweep run ` + shellQuote(dir) + ` --index $((SLURM_ARRAY_TASK_ID + offset)) &
run=$!
trap 'kill -TERM $run' TERM
wait $run
while kill -0 $run 2>/dev/null; do wait $run; done
wait $run
status=$?
case $(scontrol --oneliner show job "$SLURM_JOB_ID") in
  *JobState=COMPLETING*|*JobState=CANCELLED*) exit 143 ;; # Slurm ends the job, by scancel say, and not with 75
esac
# 75: saved after a signal. Above 128: killed, by the out-of-memory killer say.
if [ $status -eq 75 ] || { [ $status -gt 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 5 ]; }; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit $status
`, nil
}

// shellQuote returns a word of a shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var arraySizeLine = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`)

// arraySize returns the number of indices that an array may have, from 0. A user may lack the right to see it.
func (c cluster) arraySize(ctx context.Context) (int, error) {
	const usual = 1001
	out, err := c.call(ctx, "", "scontrol", "show", "config")
	if err != nil {
		return 0, err
	}
	if m := arraySizeLine.FindStringSubmatch(out); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return n, nil
		}
	}
	return usual, nil
}

// queued returns the indices of the runs that the cluster has already.
func (c cluster) queued(ctx context.Context, name string) (map[int]bool, error) {
	out, err := c.call(ctx, "", "squeue", "--noheader", "--array", "--me", "--format=%j %K")
	if err != nil {
		return nil, err
	}
	list := map[int]bool{}
	for line := range strings.Lines(out) {
		var offset, task int
		job, rest, _ := strings.Cut(strings.TrimSpace(line), "+")
		if n, _ := fmt.Sscanf(rest, "%d %d", &offset, &task); n == 2 && job == name {
			list[offset+task] = true
		}
	}
	return list, nil
}

// ranges writes the indices from offset to offset+size-1, less the offset, as Slurm does: "0-4,7".
func ranges(entries []Entry, offset, size int) string {
	var parts []string
	for i := 0; i < len(entries); i++ {
		from := entries[i].Index - offset
		if from < 0 || from >= size {
			continue
		}
		to := from
		for i+1 < len(entries) && entries[i+1].Index-offset == to+1 && to+1 < size {
			i, to = i+1, to+1
		}
		if from == to {
			parts = append(parts, strconv.Itoa(from))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", from, to))
		}
	}
	return strings.Join(parts, ",")
}
