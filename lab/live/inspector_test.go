package live_test

import (
	"encoding/json"
	"strings"
	"testing"

	"genlab/internal/browsertest"
)

// inspector is JavaScript that returns the faults of the page: it is wider than its window, controls without a name or with one that lacks their text, pictures
// without a text, ids that are there twice, targets of less than 24 pixels, text with a contrast below 4.5, ARIA references to
// nothing.
const inspector = `() => {
  const wrong = [], seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest('.hidden, .skip');
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const widest = [...document.querySelectorAll('main *')].filter(e => seen(e) && !e.closest('.scroll') && e.getBoundingClientRect().right > root.clientWidth + 1).pop();
    wrong.push('the page is too wide: ' + root.scrollWidth + ' pixels, by ' + widest?.outerHTML.slice(0, 80));
  }
  const ids = {};
  for (const e of document.querySelectorAll('[id]')) ids[e.id] = (ids[e.id] ?? 0) + 1;
  for (const id in ids) if (ids[id] > 1) wrong.push('id ' + id + ' twice');
  const text = e => (e?.textContent ?? '').trim();
  for (const e of document.querySelectorAll('button, input, select, [role=tab], summary')) {
    if (!seen(e)) continue;
    const name = e.getAttribute('aria-label') || [...(e.labels ?? [])].map(text).join('') || (e.tagName === 'INPUT' || e.tagName === 'SELECT' ? '' : text(e));
    const plain = s => s.toLowerCase().replace(/[^a-z0-9]/g, '');
    if (e.tagName === 'BUTTON' && !plain(name).includes(plain(text(e)))) wrong.push('the name ' + name + ' does not contain the text ' + text(e));
    if (!name) wrong.push(e.tagName.toLowerCase() + ' without a name: ' + e.outerHTML.slice(0, 60));
    const r = e.getBoundingClientRect(), label = e.closest('label')?.getBoundingClientRect();
    if (Math.max(r.height, label?.height ?? 0) < 23.5) wrong.push('a target of ' + r.height + ' pixels: ' + e.outerHTML.slice(0, 60));
  }
  for (const e of document.querySelectorAll('canvas, svg, img')) {
    if (seen(e) && !e.getAttribute('alt') && !e.getAttribute('aria-label') && !e.closest('[aria-hidden=true]')) wrong.push(e.tagName.toLowerCase() + ' without alt or name');
  }
  for (const name of ['aria-controls', 'aria-labelledby', 'aria-describedby']) {
    for (const e of document.querySelectorAll('[' + name + ']')) for (const id of e.getAttribute(name).split(' ')) if (!document.getElementById(id)) wrong.push(name + ' refers to #' + id);
  }
  const colour = s => (s.match(/[\d.]+/g) || []).map(Number);
  const over = (c, back) => { const a = c[3] ?? 1; return [0, 1, 2].map(i => a * c[i] + (1 - a) * back[i]); };
  const behind = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.9) return c.slice(0, 3); } return [255, 255, 255]; };
  const luminance = c => { const v = c.map(x => (x /= 255) <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  for (const e of document.querySelectorAll('main *, header *, footer')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !seen(e) || e.disabled || e.closest('option, svg')) continue;
    const back = behind(e), a = luminance(over(colour(getComputedStyle(e).color), back)), b = luminance(back);
    if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) wrong.push('faint: ' + text(e).slice(0, 40));
  }
  return wrong;
}`

// look fails where the page is too wide, texts are faint or overlap, or controls are without a name or too small.
func look(t *testing.T, p *browsertest.Page, where string) {
	t.Helper()
	var wrong []string
	p.Eval("("+inspector+")()", &wrong)
	for _, w := range wrong {
		t.Errorf("%s: %s", where, w)
	}
}

// inspects: the inspector of these tests sees each fault that it is there for.
func inspects(t *testing.T, p *browsertest.Page) {
	t.Helper()
	look(t, p, "the page as it is")
	p.Eval(`document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button><input><p>too wide</p><p>too faint</p><img src="data:,"><button id="start">twice</button><button aria-label="this">that</button>')`, nil)
	p.Eval(`(([a, b]) => { a.style.width = '3000px'; a.style.maxWidth = 'none'; b.style.color = 'rgb(128 128 128 / 0.4)'; })([...document.querySelectorAll('main > p')].slice(-2))`, nil)
	var wrong []string
	p.Eval("("+inspector+")()", &wrong)
	all, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []string{"too wide", "button without a name", "input without a name", "faint", "img without alt", "id start twice", "does not contain the text that"} {
		if !strings.Contains(string(all), fault) {
			t.Errorf("not seen: %s in %s", fault, all)
		}
	}
}
