package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// counts are those of disturbed commands.
type counts struct {
	failed   int // disturbances
	reported int // the command ended with an error
	harmless int // the command ended well
	crashed  int // the Go runtime itself ended the process
	lost     int
}

// errors that each system call is made to fail with.
var causes = []string{"ENOSPC", "EIO"}

// maxCalls bounds how many calls of a kind are made to fail, one in each run.
const maxCalls = 40

// inject runs a command once for each call of a kind that it makes, which fails.
func (l lab) inject(s *scenario, call string) (counts, error) {
	var c counts
	for _, cause := range causes {
		for n := 1; n <= maxCalls; n++ {
			folder, err := l.folder(s)
			if err != nil {
				return c, err
			}
			log := filepath.Join(l.dir, "strace")
			args := append([]string{"-f", "-o", log, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", call, cause, n), l.genlab}, s.command...)
			r, err := l.exec(folder, "strace", args...)
			if err != nil {
				return c, err
			}
			text, err := os.ReadFile(log)
			if err != nil {
				return c, err
			}
			if !strings.Contains(string(text), "(INJECTED)") {
				os.RemoveAll(folder)
				break
			}
			c.failed++
			switch {
			case r.status == 0:
				c.harmless++
			case strings.Contains(r.stderr, "fatal error:") || strings.Contains(r.stderr, "runtime:"):
				c.crashed++
			default:
				c.reported++
			}
			if what := l.check(s, folder, r.status); what != "" {
				c.lost++
				fmt.Printf("LOST: %s, %s number %d fails with %s (status %d: %s): %s\n", s.name, call, n, cause, r.status, strings.TrimSpace(r.stderr), what)
			}
			if err := os.RemoveAll(folder); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// kill kills a command n times, at random moments of the time that it takes.
func (l lab) kill(s *scenario, n int, seed uint64) (counts, error) {
	var c counts
	rng := rand.New(rand.NewPCG(seed, 0))
	for c.failed < n {
		folder, err := l.folder(s)
		if err != nil {
			return c, err
		}
		cmd := exec.Command(l.genlab, s.command...)
		cmd.Dir = folder
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			return c, err
		}
		time.Sleep(time.Duration(rng.Float64() * float64(s.took)))
		cmd.Process.Kill()
		cmd.Wait()
		status := cmd.ProcessState.ExitCode() // -1 after a kill
		if status == 0 {                      // it was faster
			s.took = min(s.took, time.Since(begin))
			c.harmless++
		} else {
			c.failed++
		}
		if what := l.check(s, folder, status); what != "" {
			c.lost++
			fmt.Printf("LOST: %s, killed: %s\n", s.name, what)
		}
		if err := os.RemoveAll(folder); err != nil {
			return c, err
		}
	}
	return c, nil
}
