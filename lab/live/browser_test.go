package live_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"genlab/internal/browsertest"
	"genlab/lab/live"
	"genlab/lab/live/stage"
)

// small is the fragment of a stage that trains fast.
const small = "#data=moons&seed=3&panel=flow,hidden:16,layers:2,steps:400&panel=gan,steps:300&panel=vae,hidden:16,steps:300"

// open returns a browser with the page of a server that saves to a folder.
func open(t *testing.T, width int) (p *browsertest.Page, url, out string) {
	t.Helper()
	p = browsertest.Open(t, width, 900)
	out = filepath.Join(t.TempDir(), "runs")
	s := live.New(live.Options{Stage: stage.Options{Out: out}})
	t.Cleanup(s.Close)
	server := httptest.NewServer(s)
	t.Cleanup(server.CloseClientConnections)
	return p, server.URL + "/", out
}

// faultless fails where the browser reported something.
func faultless(t *testing.T, p *browsertest.Page) {
	t.Helper()
	if faults := p.Faults(); len(faults) > 0 {
		t.Errorf("the browser reports %q", faults)
	}
}

// ready waits until the stage is drawn.
const ready = `document.querySelector('#stage').getAttribute('aria-busy') === 'false' && document.querySelector('#state').textContent !== ''`

// said is an expression for the text of an element.
func said(selector string) string {
	return fmt.Sprintf("document.querySelector(%q).textContent", selector)
}

// stepOf is the step that a panel shows.
func stepOf(panel string) string {
	return fmt.Sprintf("+document.querySelector('article[aria-label=%q] .step').textContent.replaceAll(',', '').match(/step (\\d+)/)[1]", panel)
}

// TestPageOfReader drives the page as a reader does: start, pause, step, another dataset, points of one's own, a
// setting, an invalid one, a link, a saved run.
func TestPageOfReader(t *testing.T) {
	p, url, out := open(t, 1440)
	p.Go(url + small)
	p.Wait(ready)

	p.Click("#start")
	p.Wait(said("#start") + " === 'Pause'")
	p.Wait(stepOf("Flow") + " > 0")
	p.Click("#start")
	p.Wait(said("#state") + ".startsWith('paused')")
	p.Wait("!document.querySelector('#step').disabled")
	var before, after int
	p.Eval(stepOf("GAN"), &before)
	p.Click("#step")
	p.Wait(fmt.Sprintf("%s > 0 && %s >= %d", stepOf("GAN"), stepOf("GAN"), before))
	p.Click("#restart")
	p.Wait(stepOf("GAN") + " === 0")
	p.Click("#newseed")
	p.Wait("document.querySelector('#seed').value !== '3'")
	p.Fill("#seed", "three")
	p.Wait(said("#message") + ".includes('whole number')")
	p.Fill("#seed", "5")
	p.Wait("location.hash.includes('seed=5')")

	p.Choose("#dataset", "rings")
	p.Wait("location.hash.includes('data=rings')")
	p.Eval(stepOf("Flow"), &after)
	if after != 0 {
		t.Errorf("on other data the flow goes on at step %d", after)
	}

	p.Click("#tab-models")
	p.Fill("#knob-0-set-hidden", "0")
	p.Wait(said("#knob-0-set-hidden-wrong") + " !== ''")
	if hash := p.Text("#knob-0-set-hidden-wrong"); strings.TrimSpace(hash) == "" {
		t.Error("no fault beside the field")
	}
	p.Fill("#knob-0-set-hidden", "24")
	p.Wait("location.hash.includes('hidden:24')")
	p.Wait("document.querySelector('#knob-0-set-hidden').getAttribute('aria-invalid') === 'false'")

	p.Click("#tab-data")
	p.Drag("#draw", [2]float64{0.3, 0.3}, [2]float64{0.4, 0.5}, [2]float64{0.6, 0.6}, [2]float64{0.7, 0.3})
	p.Wait("!document.querySelector('#learn').disabled")
	p.Click("#learn")
	p.Wait("location.hash.includes('points=')")
	p.Wait(said("article[aria-label='True distribution'] .step") + ".includes('points')")

	p.Eval(`(() => { const dropped = new DataTransfer();
		dropped.items.add(new File([['x,y,label', ...Array.from({length: 40}, (_, i) => i % 7 + ',' + i % 5 + ',' + i % 2)].join('\n')], 'mine.csv'));
		document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: dropped, bubbles: true, cancelable: true})); })()`, nil)
	p.Wait("location.hash.includes('data=mine.csv')")
	p.Wait(said("article[aria-label='True distribution'] .step") + " === '40 points'")

	var link string
	p.Eval("location.href", &link)
	p.Go(link)
	p.Wait(ready)
	var same bool
	if p.Eval(fmt.Sprintf("location.href === %q", link), &same); !same {
		t.Errorf("the page of a link has another address")
	}
	p.Click("#start")
	p.Wait(said("#state") + ".startsWith('training is complete')")

	p.Click("#tab-take")
	p.Click("#save")
	p.Wait(said("#taken") + ".includes('run folders are written')")
	runs, err := filepath.Glob(filepath.Join(out, "*", "checkpoint.safetensors"))
	if err != nil || len(runs) != 3 {
		t.Errorf("saved %q, want 3 checkpoints in %s (%v)", runs, out, err)
	}
	faultless(t, p)
}

// TestLinkTwice: a link gives the same samples in another server.
func TestLinkTwice(t *testing.T) {
	p, url, _ := open(t, 768)
	other := live.New(live.Options{Stage: stage.Options{Out: t.TempDir()}})
	t.Cleanup(other.Close)
	second := httptest.NewServer(other)
	t.Cleanup(second.CloseClientConnections)
	var first string
	for i, url := range []string{url, second.URL + "/"} {
		p.Go(url + "#data=8gaussians&seed=7&panel=vae,hidden:16,steps:50")
		p.Wait(ready)
		p.Click("#start")
		p.Wait(said("#state") + ".startsWith('training is complete')")
		p.Wait(said("article[aria-label='VAE'] caption") + ".includes('step 50')")
		figures := p.Text("article[aria-label='VAE'] table")
		if i == 0 {
			first = figures
		} else if figures != first {
			t.Errorf("the same link gives %q and %q", first, figures)
		}
	}
	faultless(t, p)
}

// brokenLinks: a link that cannot be read is explained, and the page works.
func brokenLinks(t *testing.T, p *browsertest.Page, url string) {
	t.Helper()
	for _, fragment := range []string{"#data=moons&panel=flow,lr", "#data=moons&points=gZ&panel=flow", "#colour=red"} {
		p.Go(url + fragment)
		p.Wait(ready)
		p.Wait(said("#message") + ".includes('The default stage is shown instead')")
	}
	p.Go(url + "#data=nowhere&seed=1&panel=flow")
	p.Wait(said("#message") + ".includes('nowhere')")
	p.Wait(ready)
}

// TestPageByKeyboard reaches everything with Tab, Enter, Space and arrows, and the focus is always seen.
func TestPageByKeyboard(t *testing.T) {
	p, url, _ := open(t, 1440)
	p.Go(url + small)
	p.Wait(ready)
	reached := map[string]bool{}
	for range 60 {
		p.Press("Tab")
		var at struct {
			ID   string
			Text string
			Seen bool
			Name string
		}
		p.Eval(`(() => { const e = document.activeElement, s = getComputedStyle(e); return {id: e.id, text: e.textContent.trim().slice(0, 30), name: (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent).trim(),
			seen: e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)}; })()`, &at)
		if !at.Seen {
			t.Errorf("the focus on %+v is not seen", at)
		}
		if at.Name == "" && at.ID != "race" {
			t.Errorf("%+v has no name", at)
		}
		reached[at.ID] = true
		switch at.ID {
		case "start":
			p.Press(" ")
			p.Wait(said("#start") + " === 'Pause'")
			p.Press("Enter")
			p.Wait(said("#start") + " === 'Start'")
		case "tab-race":
			p.Press("ArrowRight", "ArrowRight")
			p.Wait("document.activeElement.id === 'tab-data' && !document.querySelector('#data').hidden")
		case "draw":
			p.Press("ArrowLeft", " ", "ArrowUp", " ")
			p.Wait(said("#drawn") + ".startsWith('40 points')")
		case "learn":
			p.Press("Enter")
			p.Wait("location.hash.includes('points=')")
		}
	}
	for _, id := range []string{"start", "step", "restart", "newseed", "seed", "dataset", "speed", "tab-race", "draw", "many", "learn", "csv"} {
		if !reached[id] {
			t.Errorf("Tab does not reach #%s", id)
		}
	}
	faultless(t, p)
}

// printed: six lessons on six sheets, ten questions on ten.
func printed(t *testing.T, p *browsertest.Page) {
	t.Helper()
	if n := p.Printed(); n != 6 {
		t.Errorf("the lessons are printed on %d sheets, want 6", n)
	}
	p.Eval("window.print = () => { window.wasPrinted = true; }", nil)
	p.Eval("[...document.querySelectorAll('#course button')].find(b => b.textContent === 'Print the questions').click()", nil)
	p.Wait("window.wasPrinted")
	if n := p.Printed(); n != 10 {
		t.Errorf("the questions are printed on %d sheets, want 10", n)
	}
}

// TestPage checks modules, explanations, print, the inspector and broken links with one browser.
func TestPage(t *testing.T) {
	p, url, _ := open(t, 768)
	p.Go(url + small)
	p.Wait(ready)
	modules(t, p)
	explained(t, p)
	printed(t, p)
	faultless(t, p)
	inspects(t, p)
	brokenLinks(t, p, url)
}

// TestPageInAllSizes looks at the page on a phone, a tablet and a screen, light and dark.
func TestPageInAllSizes(t *testing.T) {
	p, url, _ := open(t, 360)
	p.Go(url + small)
	p.Wait(ready)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{360, 768, 1440} {
			p.Resize(width, 900)
			p.Prefer(map[string]string{"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"})
			for _, tab := range []string{"race", "inside", "data", "models", "take"} {
				p.Eval(fmt.Sprintf("document.querySelector('#tab-%s').click()", tab), nil)
				look(t, p, fmt.Sprintf("%s, %d pixels, %s", tab, width, scheme))
			}
			for _, i := range []int{2, 6, 7, 8} {
				p.Eval(fmt.Sprintf("document.querySelector('#course .strip button:nth-of-type(%d)').click()", i), nil)
				p.Wait("document.querySelector('#lesson').textContent !== ''")
				look(t, p, fmt.Sprintf("part %d of the course, %d pixels, %s", i, width, scheme))
			}
			p.Eval("document.querySelector('#course .strip [aria-expanded=true]').click()", nil)
			picture(t, p, fmt.Sprintf("live-%d-%s.png", width, scheme))
		}
	}
	faultless(t, p)
}

// picture keeps a screenshot in the folder of the environment variable GENLAB_SCREENSHOTS, to be looked at.
func picture(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	if dir := os.Getenv("GENLAB_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), p.Screenshot(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
