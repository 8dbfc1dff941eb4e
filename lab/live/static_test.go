package live_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// TestStaticNeedsGoAndTheSource: without the go command, and outside of the source, the error says what to do, and nothing is
// written.
func TestStaticNeedsGoAndTheSource(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "page")
	fails := func(want string) {
		t.Helper()
		if _, err := live.WriteStatic(t.Context(), dir, firstStatic); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("a folder is written nevertheless")
		}
	}
	t.Chdir(t.TempDir())
	if _, err := exec.LookPath("go"); err == nil {
		fails("change to where its go.mod is")
	}
	t.Setenv("PATH", t.TempDir())
	fails("install Go")
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
	whole := 10 * time.Second
	t.Log(rates(t, p, whole))
	var panels []struct {
		Name  string
		Steps float64
		Modes string
	}
	p.Eval(`[...document.querySelectorAll('article')].filter(a => a.querySelector('table')).map(a => ({name: a.getAttribute('aria-label'),
		steps: +a.querySelector('.step').textContent.replaceAll(',', '').match(/step (\d+)/)[1],
		modes: [...a.querySelectorAll('tr')].map(r => r.innerText.replace(/\s+/g, ' ')).filter(r => /Modes|Energy/.test(r)).join('; ')}))`, &panels)
	sum := 0.0
	for _, panel := range panels {
		t.Logf("%s: %.1f steps a second, %s", panel.Name, panel.Steps/whole.Seconds(), panel.Modes)
		sum += panel.Steps / whole.Seconds()
	}
	t.Logf("%.1f steps a second together, in the first %v after start", sum, whole)
	if file := os.Getenv("GENLAB_SCREENSHOTS"); file != "" {
		if err := os.WriteFile(filepath.Join(file, "static.png"), p.Screenshot(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p.Wait(stepOf("Flow") + " > 20")
	faultless(t, p)
}
