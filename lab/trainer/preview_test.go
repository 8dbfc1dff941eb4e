package trainer

import (
	"bytes"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"genlab/checkpoint"
	"genlab/lab/models"
)

// TestPreviewsChangeNoTraining: after 40 steps with a preview at each tenth, weights and random streams are those of a
// training without.
func TestPreviewsChangeNoTraining(t *testing.T) {
	for _, name := range []string{"autoregressive", "diffusion", "gan"} {
		m, err := models.All.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		after := func(previewed bool) ([]checkpoint.Tensor, map[string][]byte) {
			run := begun(t, filepath.Join(t.TempDir(), "run"), m.Job("8gaussians", true))
			previews := run.Previews()
			for p, err := range run.Steps(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if previewed {
					previewAt(t, previews, p.Step)
				}
				if p.Step == 40 {
					break
				}
			}
			return run.learner.State(), run.streams.State()
		}
		want, streams := after(false)
		got, drawn := after(true)
		if !maps.EqualFunc(drawn, streams, bytes.Equal) {
			t.Errorf("%s: previews change the random streams", name)
		}
		for i, w := range want {
			if !slices.Equal(got[i].Data, w.Data) {
				t.Errorf("%s: previews change %s", name, w.Name)
			}
		}
	}
}

// previewAt draws a preview, as if the training had taken an hour per step, checks the picture, and that none is due
// again.
func previewAt(t *testing.T, p *Previews, step int) {
	t.Helper()
	p.last, p.spent = 0, 0
	p.start = time.Now().Add(-time.Duration(step) * time.Hour)
	path, err := p.Update()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(b)); err != nil {
		t.Error(err)
	}
	if path, err := p.Update(); path != "" || err != nil {
		t.Errorf("step %d: a second preview at once: %q, %v", step, path, err)
	}
}
