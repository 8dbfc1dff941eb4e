package cli

import (
	"fmt"
	"os"
	"strings"

	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/models"
)

// compareCmd trains and measures several models on the same data under the same budget.
type compareCmd struct {
	compare.Request
	JSON bool `name:"json" help:"Print JSON instead of tables."`
}

// Run trains what is not trained yet, measures it, and writes and prints the comparison.
func (c *compareCmd) Run(con *console) error {
	if err := checkEnvironment("compare, which trains every model with its defaults"); err != nil {
		return err
	}
	k, err := compare.New(models.All, c.Request)
	if err != nil {
		return err
	}
	defer k.Close()
	progress := con.stdout
	if c.JSON {
		progress = con.stderr
	}
	if c.Calibrate {
		return k.Calibrate(con.ctx, progress)
	}
	r, err := k.Run(con.ctx, c.Overwrite, progress)
	if err != nil {
		return err
	}
	if c.JSON {
		b, err := r.Encode()
		if err == nil {
			_, err = con.stdout.Write(b)
		}
		return err
	}
	fmt.Fprint(con.stdout, r.Text())
	for _, name := range compare.Files {
		fmt.Fprintln(con.stdout, k.Path(name))
	}
	return k.Err()
}

// checkEnvironment fails where the environment has settings, which a command would silently ignore.
func checkEnvironment(command string) error {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "GENLAB_") && name != "GENLAB_CPU" {
			return usage.Errorf("environment: %s does not apply to %s: unset it", name, command)
		}
	}
	return nil
}
