package cli

import (
	"cmp"
	"fmt"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/rundir"
)

type versionCmd struct{}

// Run prints the version, the commit where the build knows it, and what it runs on.
func (versionCmd) Run(con *console) error {
	e := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	commit := cmp.Or(e.Commit, "commit unknown")
	if e.Modified {
		commit += " (modified)"
	}
	_, err := fmt.Fprintf(con.stdout, "genlab %s, %s, %s %s/%s %s\n", e.Version, commit, e.Go, e.OS, e.Arch, e.CPU)
	return err
}
