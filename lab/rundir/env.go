package rundir

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Env is what the numbers of a run depend on besides its config. Results are equal bit for bit
// only where Go, Arch and CPU are.
type Env struct {
	Go         string    `json:"go"`
	OS         string    `json:"os"`
	Arch       string    `json:"arch"`
	CPU        string    `json:"cpu"`      // level of the kernels, as the caller names it: "avx2"
	Version    string    `json:"version"`  // of the module, "(devel)" in a working tree
	Commit     string    `json:"commit"`   // "" where unknown
	Modified   bool      `json:"modified"` // the working tree differed from the commit
	GOMAXPROCS int       `json:"gomaxprocs"`
	Started    time.Time `json:"started"`

	TrainSeconds float64 `json:"train_seconds"` // time spent on the steps up to the checkpoint
}

// NewEnv describes this process: the program, the machine and the time it started.
func NewEnv(cpu string, started time.Time) Env {
	e := Env{Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: cpu,
		GOMAXPROCS: runtime.GOMAXPROCS(0), Started: started.UTC().Truncate(time.Second)}
	if info, ok := debug.ReadBuildInfo(); ok {
		e.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				e.Commit = s.Value
			case "vcs.modified":
				e.Modified = s.Value == "true"
			}
		}
	}
	return e
}

// WriteEnv writes env.json. It fails where WriteFile does.
func (d *Dir) WriteEnv(e Env) error {
	b, err := json.Marshal(e, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return d.WriteFile(EnvFile, append(b, '\n'))
}

// ReadEnv reads env.json and ignores unknown members, which a later version may have written.
// It fails with an error that wraps fs.ErrNotExist where there is none, and with a *CorruptError
// where it is not the JSON of an Env.
func (d *Dir) ReadEnv() (Env, error) {
	b, err := ReadFile(d.Path(EnvFile))
	if err != nil {
		return Env{}, err
	}
	var e Env
	if err := json.Unmarshal(b, &e); err != nil {
		return Env{}, &CorruptError{Path: d.Path(EnvFile), Reason: err.Error(), Err: err}
	}
	return e, nil
}
