package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// sheet is a page in two sheets.
const sheet = `<!doctype html><style>:root { color-scheme: light dark; } body { background: #fff; color: #111; }
@media (prefers-color-scheme: dark) { body { background: #000; color: #eee; } } p { break-after: page; }</style><p>one</p><p>two</p><div>three</div>`

// TestLook: a page without faults has none, and each fault is seen that the browser is there for.
func TestLook(t *testing.T) {
	for background, dark := range map[string]bool{"rgb(255, 255, 255)": false, "rgb(0, 0, 0)": true} {
		if found := Look(t, sheet, 360, dark); len(found.Wrong()) > 0 || found.Background != background {
			t.Errorf("dark %v: %+v", dark, found)
		}
	}
	spoilt := sheet + `<p style="width:3000px">wide</p><p style="margin-bottom:-2em;color:#eee">one text</p><p>another text</p>`
	if found := Look(t, spoilt, 360, false); found.Beyond == 0 || len(found.Overlaps) == 0 || len(found.Faint) == 0 || len(found.Wrong()) != 3 {
		t.Errorf("a spoilt page passes: %+v", found)
	}
}

func TestPrintedPages(t *testing.T) {
	if n := PrintedPages(t, sheet); n != 3 {
		t.Errorf("%d sheets", n)
	}
	if n := PrintedPages(t, strings.Replace(sheet, "break-after: page", "", 1)); n != 1 {
		t.Errorf("%d sheets without breaks", n)
	}
}

// TestPage: the driver clicks, types, chooses and drags, and sees what goes wrong in a page.
func TestPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><button onclick="note('clicked')">b</button><input onchange="note(this.value)">
			<select onchange="note(this.value)"><option>a<option>b</select><div style="width:200px;height:100px" onpointermove="if (event.buttons) note('dragged')"></div><p></p>
			<script>function note(s) { document.querySelector('p').textContent += s + ' '; }</script>`)
	}))
	defer server.Close()
	p := Open(t, 360, 700)
	p.Prefer(map[string]string{"prefers-color-scheme": "dark"})
	p.Go(server.URL)
	p.Click("button")
	p.Press("Enter")
	p.Fill("input", "text")
	p.Choose("select", "b")
	p.Drag("div", [2]float64{0.1, 0.5}, [2]float64{0.9, 0.5})
	if text := p.Text("p"); text != "clicked clicked text b dragged " {
		t.Errorf("%q", text)
	}
	var dark bool
	if p.Eval("matchMedia('(prefers-color-scheme: dark)').matches && innerWidth === 360", &dark); !dark {
		t.Error("neither dark nor narrow")
	}
	if faults := p.Faults(); len(faults) > 0 {
		t.Errorf("a page without faults has %q", faults)
	}
	p.Eval("fetch('missing').then(() => { setTimeout(() => { throw new Error('thrown'); }); console.error('written'); })", nil)
	p.Wait("true")
	time.Sleep(200 * time.Millisecond)
	if faults := strings.Join(p.Faults(), "\n"); !strings.Contains(faults, "404") || !strings.Contains(faults, "thrown") || !strings.Contains(faults, "written") {
		t.Errorf("faults not seen: %q", faults)
	}
}
