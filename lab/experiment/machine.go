package experiment

import (
	"fmt"
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

// Processor returns the name of this machine's processor with its family and model, which tell generations of one name apart, or
// its architecture if unknown.
func Processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	return processor(string(b))
}

// processor reads the first processor of /proc/cpuinfo.
func processor(cpuinfo string) string {
	fields := map[string]string{}
	for line := range strings.Lines(cpuinfo) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			break
		}
		fields[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	name, family, model := fields["model name"], fields["cpu family"], fields["model"]
	switch {
	case name == "":
		return runtime.GOARCH
	case family == "" || model == "":
		return name
	}
	return fmt.Sprintf("%s (family %s, model %s)", name, family, model)
}
