package run

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Env is what a run depends on besides its configuration. Bit for bit equal results are
// promised only where Go, Arch and CPU agree.
type Env struct {
	Go         string    `json:"go"`
	OS         string    `json:"os"`
	Arch       string    `json:"arch"`
	CPU        string    `json:"cpu"`      // which kernels run, as the caller names them: "avx2"
	Version    string    `json:"version"`  // of the module, "(devel)" in a working tree
	Commit     string    `json:"commit"`   // "" where the build does not know
	Modified   bool      `json:"modified"` // the working tree differed from the commit
	GOMAXPROCS int       `json:"gomaxprocs"`
	Started    time.Time `json:"started"`

	TrainSeconds float64 `json:"train_seconds"` // spent on the steps up to the checkpoint
}

// NewEnv describes this process.
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

// WriteEnv writes env.json.
func (d *Dir) WriteEnv(e Env) error {
	b, err := json.Marshal(e, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return d.WriteFile(EnvFile, append(b, '\n'))
}

// ReadEnv reads env.json. Members that it does not know are ignored: a later version may
// have written them.
func (d *Dir) ReadEnv() (Env, error) {
	b, err := os.ReadFile(d.Path(EnvFile))
	if err != nil {
		return Env{}, err
	}
	var e Env
	if err := json.Unmarshal(b, &e); err != nil {
		return Env{}, &CorruptError{Path: d.Path(EnvFile), Reason: err.Error(), Err: err}
	}
	return e, nil
}
