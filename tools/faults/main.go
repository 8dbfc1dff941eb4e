// Command faults shows what genlab loses when the system fails it: it runs trainings, evaluations, samplings,
// comparisons, experiments and sweeps, under strace, which makes one system call after another fail, and kills them at random
// moments. After each it runs the command again undisturbed, and compares the bytes with those of a run that
// nothing disturbed. It prints counts and fails if anything was lost.
//
//	go run ./faults -genlab ../bin/genlab [-calls=false] [-kills 200] [-seed 1]
//
// It needs Linux and, for the failing calls, strace; without strace it says so and only kills.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"
)

func main() {
	genlab := flag.String("genlab", "", "the genlab command")
	calls := flag.Bool("calls", true, "make system calls fail")
	kills := flag.Int("kills", 200, "number of kills")
	seed := flag.Uint64("seed", 1, "seed of the moments of kills")
	flag.Parse()
	lost, err := run(*genlab, *calls, *kills, *seed)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	if lost > 0 {
		fmt.Fprintf(os.Stderr, "faults: %d losses\n", lost)
		os.Exit(1)
	}
}

func run(genlab string, calls bool, kills int, seed uint64) (lost int, err error) {
	if genlab, err = filepath.Abs(genlab); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "genlab-faults-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	l := lab{genlab, dir}
	scenarios, err := l.scenarios()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := exec.LookPath("strace"); calls && err != nil {
		fmt.Println("skipped: failing system calls, which need strace (apt-get install strace)")
	} else if calls {
		fmt.Fprintln(out, "command\tcall\tfailed\treported\tharmless\truntime crashed\tlost\t")
		for _, s := range scenarios {
			if s.calls == nil {
				continue
			}
			for _, call := range s.calls {
				c, err := l.inject(s, call)
				if err != nil {
					return lost, err
				}
				lost += c.lost
				fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t\n", s.name, call, c.failed, c.reported, c.harmless, c.crashed, c.lost)
				out.Flush()
			}
		}
	}
	fmt.Fprintln(out, "command\tkills\tended before\tlost\t")
	for i, s := range scenarios {
		c, err := l.kill(s, (kills+i)/len(scenarios), seed+uint64(i))
		if err != nil {
			return lost, err
		}
		lost += c.lost
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t\n", s.name, c.failed, c.harmless, c.lost)
	}
	out.Flush()
	fmt.Printf("%d losses in %v\n", lost, time.Since(begin).Round(time.Second))
	return lost, nil
}
