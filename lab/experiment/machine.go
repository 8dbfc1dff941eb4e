package experiment

import (
	"os"
	"runtime"
	"strings"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/rundir"
)

// Machine describes where a result was measured.
type Machine struct {
	Processor string `json:"processor"`
	CPU       string `json:"cpu_level"` // of the kernels
	Cores     int    `json:"cores"`     // used
	Platform  string `json:"platform"`
	Go        string `json:"go"`
	Commit    string `json:"commit"` // "" if unknown
}

func thisMachine() Machine {
	env := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	return Machine{Processor(), env.CPU, env.GOMAXPROCS, env.OS + "/" + env.Arch, env.Go, env.Commit}
}

// Processor returns the name of this machine's processor, or its architecture if unknown.
func Processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}
