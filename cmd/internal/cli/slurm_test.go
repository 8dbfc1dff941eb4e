package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRealSlurm runs a small sweep on the cluster that sbatch submits to, interrupts two tasks, which are requeued, cancels
// one, and submits again what remains: the files are those of a local sweep, byte for byte. The test's folder must be
// visible to the nodes.
func TestRealSlurm(t *testing.T) {
	if _, err := exec.LookPath("sbatch"); err != nil || testing.Short() {
		t.Skip("no Slurm here (sbatch is not in PATH), or short mode: the sweep was not run on a cluster")
	}
	sweep := func(out string, args ...string) {
		t.Helper()
		args = append([]string{"sweep", "diffusion", "--data", "moons,checkerboard", "--lr", "1e-3,1e30", "--hidden", "8", "--batch", "16", "--steps", "3000", "--seeds", "2", "--smoke", "--out", out}, args...)
		if text, err := command(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	local, cluster := filepath.Join(t.TempDir(), "local"), filepath.Join(t.TempDir(), "cluster")
	sweep(local)
	sweep(cluster, "--launcher", "slurm", "--sbatch", "--time=5")
	signals := [][]string{{"--batch", "--signal=TERM"}, {"--batch", "--signal=TERM"}, {}} // saved and requeued, twice; cancelled
	for range 3 {
		for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			queue, err := exec.Command("squeue", "--noheader", "--array", "--me", "--format=%A %t %o").Output()
			if err != nil {
				t.Fatal(err)
			}
			tasks := regexp.MustCompile(`(?m)^(\d+) (\S+) .*`+regexp.QuoteMeta(cluster)).FindAllSubmatch(queue, -1)
			if len(tasks) == 0 {
				break
			}
			for _, m := range tasks {
				if string(m[2]) == "R" && len(signals) > 0 {
					exec.Command("scancel", append(signals[0], string(m[1]))...).Run()
					signals = signals[1:]
				}
			}
		}
		sweep(cluster, "--launcher", "slurm", "--sbatch", "--time=5") // what was cancelled
	}
	if out, err := command(t, "sweep", "run", cluster, "--index", "0").CombinedOutput(); err != nil || !strings.Contains(string(out), "is finished") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := command(t, "sweep", "show", cluster).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, file := range []string{"sweep.csv", "runs.csv", "sweep.json", "sweep.md", "report.html"} {
		a, err := os.ReadFile(filepath.Join(local, file))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(cluster, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of a local sweep:\n%s", file, b)
		}
	}
}
