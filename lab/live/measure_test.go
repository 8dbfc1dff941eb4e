package live_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"genlab/internal/browsertest"
	"genlab/lab/live"
)

// lasting returns the duration of an environment variable, and skips the test where it is not set.
func lasting(t *testing.T, name, example string) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		t.Skipf("set %s=%s to measure for so long", name, example)
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		t.Fatalf("%s is %q, but must be a duration such as %s", name, text, example)
	}
	return d
}

// TestMemory trains the paradigms on 25gaussians without an end while a client watches, and fails where the process has ever
// taken more than 500 MB. -v logs the memory as it grows.
func TestMemory(t *testing.T) {
	whole := lasting(t, "GENLAB_MEMORY", "1h")
	set := benchmarked()
	for i := range set.Models {
		set.Models[i].Set = map[string]string{"steps": "10000000"}
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	url := served(t, live.Options{})
	a, body := ask(t, "POST", url+"/api/stages", string(text))
	var d state
	if err := json.Unmarshal([]byte(body), &d); err != nil || a.StatusCode != 201 {
		t.Fatal(a.StatusCode, body)
	}
	r, err := http.Get(url + "/api/stages/" + d.ID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	go io.Copy(io.Discard, r.Body)
	ask(t, "POST", url+"/api/stages/"+d.ID+"/control", `{"do": "start"}`)
	began := time.Now()
	for left := whole; left > 0; left = whole - time.Since(began) {
		time.Sleep(min(left, max(whole/20, time.Second)))
		_, body := ask(t, "GET", url+"/api/stages/"+d.ID, "")
		if err := json.Unmarshal([]byte(body), &d); err != nil || d.State != "running" {
			t.Fatalf("the stage is %s: %v", d.State, err)
		}
		var steps []int
		for _, p := range d.Panels {
			steps = append(steps, p.Step)
		}
		t.Logf("after %8s: %4.0f MB, at most %4.0f MB; steps %v", time.Since(began).Round(time.Second), resident(), memory("VmHWM:"), steps)
	}
	if peak := memory("VmHWM:"); peak > 500 {
		t.Errorf("the process took %.0f MB, want at most 500", peak)
	}
}

// TestFrameRate counts the frames a second that Chromium draws while the paradigms learn 25gaussians, and how many pictures of
// each model come from the server. -v logs them.
func TestFrameRate(t *testing.T) {
	whole := lasting(t, "GENLAB_FRAMES", "20s")
	p, url, _ := open(t, 1440)
	began := time.Now()
	p.Go(url + "#data=25gaussians&seed=1&panel=diffusion&panel=flow&panel=gan&panel=vae&panel=autoregressive")
	p.Wait(ready)
	t.Logf("the stage is drawn after %.2f s", time.Since(began).Seconds())
	p.Click("#start")
	p.Wait(stepOf("Flow") + " > 0")
	for left := whole; left > 0; left -= 20 * time.Second {
		t.Log(rates(t, p, min(left, 20*time.Second)))
	}
	faultless(t, p)
}

// rates counts frames in a page for a while: those that the browser draws, the longest time between two, and the pictures that
// come for each model.
func rates(t *testing.T, p *browsertest.Page, whole time.Duration) string {
	t.Helper()
	var r struct {
		Frames  float64
		Longest float64
		Shown   map[string]float64
	}
	p.Eval(fmt.Sprintf(`new Promise((done) => {
		const shown = {}, began = performance.now();
		let frames = 0, longest = 0, last = began;
		const watch = new MutationObserver((all) => { for (const m of all) { const name = m.target.closest('article').getAttribute('aria-label'); shown[name] = (shown[name] ?? 0) + 1; } });
		for (const e of document.querySelectorAll('article .step')) watch.observe(e, {childList: true, characterData: true, subtree: true});
		const tick = (now) => {
			frames++;
			longest = Math.max(longest, now - last);
			last = now;
			const seconds = (now - began) / 1000;
			if (seconds < %v) return requestAnimationFrame(tick);
			for (const name in shown) shown[name] /= seconds;
			done({frames: frames / seconds, longest, shown});
		};
		requestAnimationFrame(tick);
	})`, whole.Seconds()), &r)
	var models []string
	for name, n := range r.Shown {
		models = append(models, fmt.Sprintf("%s %.1f", name, n))
	}
	return fmt.Sprintf("%.1f frames a second, at most %.0f ms apart; pictures a second: %s", r.Frames, r.Longest, strings.Join(models, ", "))
}
