package browsertest

import (
	"strings"
	"testing"
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
