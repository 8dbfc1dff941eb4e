package trainer

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/lab/models"
	"genlab/lab/rundir"
)

// TestForeignCheckpoints: a checkpoint that is well formed but makes no sense is refused, with what is wrong with
// it, when a run is opened and when it is resumed.
func TestForeignCheckpoints(t *testing.T) {
	for want, change := range map[string]func(c *checkpoint.Checkpoint){
		"must be finite": func(c *checkpoint.Checkpoint) { c.Tensors[0].Data[0] = float32(math.NaN()) },
		"value +Inf":     func(c *checkpoint.Checkpoint) { c.Tensors[1].Data[0] = float32(math.Inf(1)) },
		"above 0":        func(c *checkpoint.Checkpoint) { scale(c)[0] = 0 },
		"scale -1":       func(c *checkpoint.Checkpoint) { scale(c)[1] = -1 },
		"3000 steps":     func(c *checkpoint.Checkpoint) { c.Step = 3001 },
	} {
		dir := copied(t, "interrupted")
		path := filepath.Join(dir, rundir.CheckpointFile)
		c, err := checkpoint.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		if err := checkpoint.Save(path, c); err != nil {
			t.Fatal(err)
		}
		_, err = models.All.Open(dir)
		if ce := (*rundir.CorruptError)(nil); !errors.As(err, &ce) || ce.Path != path || !strings.Contains(ce.Reason, want) {
			t.Errorf("want %q: opened with %v", want, err)
		}
	}
}

// scale returns the scales of the standardisation in a checkpoint.
func scale(c *checkpoint.Checkpoint) []float32 {
	for i, t := range c.Tensors {
		if t.Name == "scale/exact" { // float32 has the say without it
			c.Tensors = append(c.Tensors[:i], c.Tensors[i+1:]...)
			break
		}
	}
	for _, t := range c.Tensors {
		if t.Name == "scale/scale" {
			return t.Data
		}
	}
	panic("no scale")
}

// TestForeignConfig: the settings of a run folder are read with the limits of a file given to --config.
func TestForeignConfig(t *testing.T) {
	for want, text := range map[string]string{
		"larger than": "model: flow\n" + strings.Repeat("# filler\n", 10_000),
		"anchors":     "model: &a flow\ndata: *a\n",
		"braces":      "model: {a: {b: {c: flow}}}\n",
	} {
		dir := copied(t, "interrupted")
		if err := os.WriteFile(filepath.Join(dir, rundir.ConfigFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := models.All.Open(dir)
		if ce := (*config.Error)(nil); !errors.As(err, &ce) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
