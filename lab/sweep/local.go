package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"genlab/lab/process"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// Run does all runs that are left on this machine, each in a process of its own on one core, as many at a time as there
// are cores. w takes the progress. A run that fails or diverges stops no other; one that failed before is tried again.
// Run fails with trainer.ErrInterrupted after ctx was cancelled and the runs under way were saved.
func (s *Sweep) Run(ctx context.Context, w io.Writer) error {
	for round := 0; ; round++ {
		todo := s.todo(round == 0)
		if round == 0 {
			if done := len(s.Entries) - len(todo); done > 0 {
				fmt.Fprintf(w, "%s reused\n", count(done, "finished run"))
			}
		}
		if len(todo) == 0 {
			return nil
		}
		before := s.progress()
		if err := s.runAll(ctx, todo, w); err != nil {
			return err
		}
		// Halving takes a round for each rung; without it, and where a run has failed, nothing is left to do.
		if s.request.Halving == 0 || s.progress() == before {
			return nil
		}
	}
}

// progress returns a number that grows with every report that is written.
func (s *Sweep) progress() (reports int) {
	for _, e := range s.Entries {
		if readOutcome(s.dir.Path(Folder(e.Index))).Status == Done {
			reports++
		}
	}
	for _, b := range s.brackets() {
		for _, e := range b.entries {
			for r := range b.steps {
				if b.result(e, r) != nil {
					reports++
				}
			}
		}
	}
	return reports
}

// brackets returns the bracket of each dataset, none without halving.
func (s *Sweep) brackets() []*bracket {
	if s.request.Halving == 0 {
		return nil
	}
	h := s.request.header()
	h.Steps = s.Entries[0].job.Loop().Steps
	var list []*bracket
	seen := map[string]bool{}
	for _, e := range s.Entries {
		if !seen[e.Data] {
			seen[e.Data] = true
			list = append(list, newBracket(s.dir, h, s.Entries, e.Data))
		}
	}
	return list
}

// todo returns the runs that are neither finished, nor diverged, nor stopped; failed ones only if asked for.
func (s *Sweep) todo(failed bool) []Entry {
	stopped := map[int]int{}
	for _, b := range s.brackets() {
		for index, rung := range b.stops() {
			stopped[index] = rung
		}
	}
	var list []Entry
	for _, e := range s.Entries {
		o := readOutcome(s.dir.Path(Folder(e.Index)))
		if _, out := stopped[e.Index]; out || o.Status == Done || o.Status == Diverged || o.Status == Failed && !failed {
			continue
		}
		list = append(list, e)
	}
	return list
}

// runAll does runs in parallel.
func (s *Sweep) runAll(ctx context.Context, todo []Entry, w io.Writer) error {
	n := min(process.Cores(), len(todo))
	fmt.Fprintf(w, "%s, %d at a time, each on one core\n", count(len(todo), "run"), n)
	p := newProgress(w, todo)
	defer p.stop()
	var g errgroup.Group
	g.SetLimit(n)
	for i, e := range todo {
		g.Go(func() error {
			if ctx.Err() != nil {
				return trainer.ErrInterrupted
			}
			start := time.Now()
			_, err := process.Run(ctx, func(step int) { p.update(i, step) }, "sweep", "run", s.path, "--index", strconv.Itoa(e.Index))
			if err != nil && ctx.Err() != nil {
				return trainer.ErrInterrupted
			}
			p.end(i, time.Since(start), err)
			if err != nil {
				s.recordCrash(e, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		p.stop()
		return fmt.Errorf("%w: runs are saved; the same command continues", err)
	}
	return nil
}

// recordCrash keeps the reason of a process that could not record it itself.
func (s *Sweep) recordCrash(e Entry, cause error) {
	path := s.dir.Path(Folder(e.Index))
	if o := readOutcome(path); o.Status != Begun && o.Status != Waiting {
		return
	}
	if ended, ok := unwrap[*process.Error](cause); ok && ended.Status == process.Interrupted {
		return // interrupted from elsewhere, with a checkpoint
	}
	t := task{models: s.models, entry: e, path: path}
	if err := t.fail(cause); errors.Is(err, rundir.ErrLocked) {
		return // another process has the run
	}
}

// progress shows a bar for each run and one for all.
type progress struct {
	bars  term.Bars
	all   int // its number among the bars
	mu    sync.Mutex
	steps []int // of each run
	sum   int
	want  []int
}

func newProgress(w io.Writer, todo []Entry) *progress {
	p := &progress{all: len(todo), steps: make([]int, len(todo))}
	var list []term.Training
	total := 0
	for _, e := range todo {
		n := e.job.Loop().Steps
		total += n
		p.want = append(p.want, n)
		list = append(list, term.Training{Name: fmt.Sprintf("%d: %v", e.Index, e), Steps: n})
	}
	if term.IsTerminal(w) {
		list = append(list, term.Training{Name: "all runs", Steps: total})
	}
	p.bars = term.NewBars(w, list)
	return p
}

func (p *progress) update(i, step int) {
	p.bars.Update(i, step)
	p.advance(i, step)
}

// advance moves the bar of all runs.
func (p *progress) advance(i, step int) {
	p.mu.Lock()
	p.sum += step - p.steps[i]
	p.steps[i] = step
	sum := p.sum
	p.mu.Unlock()
	p.bars.Update(p.all, sum) // nothing without a terminal
}

func (p *progress) end(i int, spent time.Duration, err error) {
	p.bars.End(i, spent, err)
	p.advance(i, p.want[i])
}

func (p *progress) stop() { p.bars.Stop() }
