package compare

import (
	"os"
	"runtime"
	"strings"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/rundir"
)

// thisMachine describes where the program runs, and the time.
func thisMachine() Machine {
	env := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	return Machine{CPU: cpuName(), Kernels: env.CPU, Go: env.Go, Cores: cores(), Made: env.Started}
}

// cpuName returns the name of the processor where the system tells it, else the architecture.
func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, " \t:"))
			}
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// cores returns the number of trainings that run at the same time.
func cores() int { return max(1, runtime.GOMAXPROCS(0)) }
