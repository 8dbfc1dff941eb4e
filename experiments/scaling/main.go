// Command scaling measures how the time of genlab's work grows with the width of the networks, the batch, the
// number and the dimension of the points, and the cores, fits a power law to each, and draws them.
//
//	go run ./experiments/scaling -o experiments/scaling     about three minutes
//	go run ./experiments/scaling -smoke                     a few seconds, at a tiny scale
//	go run ./experiments/scaling -markdown experiments/scaling/results.json
//
// The machine should be otherwise idle.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/experiment"
)

// report is results.json.
type report struct {
	Date    string  `json:"date"`
	Machine string  `json:"machine"`
	Go      string  `json:"go"`
	CPU     string  `json:"cpu_level"`
	Curves  []curve `json:"curves"`
}

// curve is the cost of a kind of work against its size.
type curve struct {
	Name    string  `json:"name"`
	Axis    string  `json:"axis"` // what x is
	Threads int     `json:"threads"`
	Points  []point `json:"points"`
}

type point struct {
	X       float64 `json:"x"`
	Seconds float64 `json:"seconds"` // of one call, a median
	Bytes   float64 `json:"bytes"`   // of memory that the work holds
}

func main() {
	out := flag.String("o", "", "folder for results.json and scaling.png")
	only := flag.String("only", "", "measure only the work against one axis (width, batch, points, dimension, or cores, batch) and keep the rest of results.json")
	smoke := flag.Bool("smoke", false, "a tiny scale that takes seconds; its measurements mean nothing")
	markdown := flag.String("markdown", "", "results.json whose table to print, without measuring")
	flag.Parse()
	err := func() error {
		if *markdown != "" {
			return printMarkdown(os.Stdout, *markdown)
		}
		return run(*out, *only, *smoke)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

func run(out, only string, smoke bool) error {
	rep := report{
		Date: time.Now().Format(time.DateOnly), Machine: experiment.Processor(), Go: runtime.Version(),
		CPU: kernel.CPULevel().String(),
	}
	var kept []curve
	if only != "" && out != "" {
		old, err := read(filepath.Join(out, "results.json"))
		if err != nil {
			return err
		}
		if old.Machine != rep.Machine || old.Go != rep.Go {
			return fmt.Errorf("%s/results.json was measured on another machine or with another Go: measure all", out)
		}
		kept = old.Curves
	}
	for _, s := range sweeps() {
		sizes, threads := s.sizes, s.threads
		if smoke {
			sizes, threads = sizes[:min(3, len(sizes))], one
		}
		for _, threads := range threads {
			if only != "" && s.axis != only {
				for _, c := range kept {
					if c.Name == s.name && c.Axis == s.axis && c.Threads == threads {
						rep.Curves = append(rep.Curves, c)
					}
				}
				continue
			}
			c, err := s.measure(sizes, threads, smoke)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			fmt.Println(c)
			rep.Curves = append(rep.Curves, c)
		}
	}
	if out == "" {
		return nil
	}
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "results.json"), append(b, '\n'), 0o666); err != nil {
		return err
	}
	png, err := picture(rep)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "scaling.png"), png, 0o666)
}

// read reads results.json.
func read(file string) (rep report, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return rep, err
	}
	if err := json.Unmarshal(b, &rep); err != nil {
		return rep, fmt.Errorf("%s: %w", file, err)
	}
	return rep, nil
}

// measure times the work at each size.
func (s sweep) measure(sizes []int, threads int, smoke bool) (curve, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	c := curve{Name: s.name, Axis: s.axis, Threads: threads}
	for _, size := range sizes {
		before := held()
		call, err := s.work(size)
		if err != nil {
			return c, fmt.Errorf("at %d: %w", size, err)
		}
		took := seconds(call, smoke)
		c.Points = append(c.Points, point{float64(size), took, max(0, held()-before)})
		runtime.KeepAlive(call)
	}
	return c, nil
}

// held returns the bytes of live memory.
func held() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// seconds returns the median time of a call over half a second, and over at least three calls after a first
// one. A call of seconds is a measurement by itself.
func seconds(call func(), smoke bool) float64 {
	const long = 2
	first := timed(call)
	if smoke || first > long {
		return first
	}
	var times []float64
	for end := time.Now().Add(500 * time.Millisecond); len(times) < 3 || time.Now().Before(end); {
		times = append(times, timed(call))
	}
	return experiment.Median(times)
}

func timed(call func()) float64 {
	start := time.Now()
	call()
	return time.Since(start).Seconds()
}
