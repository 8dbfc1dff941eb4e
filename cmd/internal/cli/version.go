package cli

import (
	"cmp"
	"fmt"
	"time"

	"genlab/internal/kernel"
	"genlab/lab/rundir"
)

type versionCmd struct{}

// Run prints the version, the commit where the build knows it, and what it runs on: the level of the kernels, and
// whether products of bfloat16 are faster there.
func (versionCmd) Run(con *console) error {
	e := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	commit := cmp.Or(e.Commit, "commit unknown")
	if e.Modified {
		commit += " (modified)"
	}
	bf16 := "no bf16"
	if kernel.CPULevel() >= kernel.AVX512BF16 {
		bf16 = "bf16"
	}
	_, err := fmt.Fprintf(con.stdout, "genlab %s, %s, %s %s/%s %s (%s)\n", e.Version, commit, e.Go, e.OS, e.Arch, e.CPU, bf16)
	return err
}
