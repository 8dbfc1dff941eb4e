package live_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"genlab/internal/browsertest"
	"genlab/lab/live"
	"genlab/lab/live/stage"
)

// firstStatic is the stage of a static page in tests.
var firstStatic = stage.Quick(stage.Settings{Data: stage.Data{Name: "8gaussians"}, Seed: 1, Samples: 400, Models: []stage.Model{
	{Model: "diffusion"}, {Model: "flow"}, {Model: "gan"}, {Model: "vae"}, {Model: "autoregressive"},
}})

// TestStaticNeedsAnEmptyFolder: a folder with files is not written to.
func TestStaticNeedsAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := live.WriteStatic(t.Context(), dir, firstStatic); err == nil || !strings.Contains(err.Error(), "empty folder") {
		t.Errorf("got %v", err)
	}
}

// TestStaticPage trains a flow in a browser without a server: the page of --static, from a host that serves files. It
// compiles the library to WebAssembly, and runs only where GENLAB_STATIC is set. -v logs sizes and speed.
func TestStaticPage(t *testing.T) {
	if os.Getenv("GENLAB_STATIC") == "" {
		t.Skip("set GENLAB_STATIC=1 to compile the page to WebAssembly")
	}
	p := browsertest.Open(t, 1440, 900)
	dir := filepath.Join(t.TempDir(), "page")
	files, err := live.WriteStatic(t.Context(), dir, firstStatic)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, f := range files {
		total += f.Bytes
	}
	t.Logf("%d files, %.1f MB to load", len(files), float64(total)/1e6)
	host := httptest.NewServer(http.StripPrefix("/a/folder", http.FileServer(http.Dir(dir))))
	defer host.Close()
	began := time.Now()
	p.Go(host.URL + "/a/folder/")
	p.Wait(ready)
	t.Logf("the stage is drawn after %.1f s", time.Since(began).Seconds())
	p.Click("#start")
	time.Sleep(10 * time.Second)
	var step string
	p.Eval("document.querySelector('article[aria-label=Flow]').innerText", &step)
	t.Logf("10 s after start:\n%s", step)
	if file := os.Getenv("GENLAB_SCREENSHOTS"); file != "" {
		if err := os.WriteFile(filepath.Join(file, "static.png"), p.Screenshot(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p.Wait(stepOf("Flow") + " > 20")
	faultless(t, p)
}
