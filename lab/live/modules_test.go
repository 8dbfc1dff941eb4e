package live_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"genlab/internal/browsertest"
)

// modules checks laws of the page's modules in the browser: each expression is true.
func modules(t *testing.T, p *browsertest.Page) {
	t.Helper()
	p.Eval(`Promise.all(['link', 'pack', 'csv', 'plane', 'colour', 'figures'].map(m => import('./' + m + '.js'))).then(all => { window.m = Object.assign({}, ...all); })`, nil)
	for what, law := range map[string]string{
		"settings survive the address": `(() => {
			const s = {data: {name: 'a&b=c,d'}, seed: 12, models: [{model: 'vae', set: {beta: '0.5', box: '-1,1,-1,1'}, sampling: {label: 'a:b,@c'}}, {model: 'gan', set: {}, sampling: {}}], samples: 100};
			return JSON.stringify(m.fromHash('#' + m.toHash(s))) === JSON.stringify(s); })()`,
		"points survive the address to the last bit": `[1e-7, 0.004, 1, 4, 1e3, 1e6].every(size => {
			let u = 1; const next = () => (u = u * 48271 % 2147483647) / 2147483647 * 2 * size - size;
			const points = m.rounded(Array.from({length: 500}, () => [next(), next()])).points, labels = points.map((_, i) => i % 300);
			const back = m.textToPoints(m.pointsToText(points, labels)), plain = m.textToPoints(m.pointsToText(points));
			return JSON.stringify(back) === JSON.stringify({points, labels}) && JSON.stringify(plain) === JSON.stringify({points}); })`,
		"rounding keeps five digits of the largest and is idempotent": `(() => { const p = m.rounded([[1234.56789, -0.000123456]]).points; return p[0][0] === 1234.6 + 0 || Math.abs(p[0][0] - 1234.56789) < 0.1 && JSON.stringify(m.rounded(p).points) === JSON.stringify(p); })()`,
		"cut points are refused":                              `(() => { try { m.textToPoints(m.pointsToText([[1, 2], [3, 4.5]]).slice(0, -2)); return false; } catch { return true; } })()`,
		"links of other pages are refused":                    `['#colour=red', '#data=moons', '#seed=x&panel=vae', '#panel=vae,beta'].every(h => { try { m.fromHash(h); return false; } catch { return true; } })`,
		"an empty fragment is no link":                        `m.fromHash('') === null && m.fromHash('#') === null`,
		"M of a uniform density is one half":                  `(() => { const {m: mass} = m.massOf({w: 2, h: 2, values: btoa('\xff\xff\xff\xff')}); return mass.every(v => v === 128 || v === 127); })()`,
		"M is small at the peak and 1 where there is nothing": `(() => { const {m: mass} = m.massOf({w: 2, h: 2, values: btoa('\xff\x10\x00\x01')}); return mass[0] < 130 && mass[1] > 250 && mass[2] === 255; })()`,
		"packed points are those of the range":                `(() => { const x = m.unpack(btoa('\x00\x00\xff\xff\xff\xff\x00\x00'), [-1, 3, 5, 6]); return [-1, 6, 3, 5].every((v, i) => x[i] === v); })()`,
		"CSV in several dialects": `(() => { const want = JSON.stringify([[1, 2], [3, -4.5]]);
			return ['1,2\n3,-4.5', 'x;y\r\n1;2\r\n3;-4.5\r\n', '# note\n1\t2\n3\t-4.5', '1 2\n\n3   -4.5', 'name,x,y\na,1,2\nb,3,-4.5', '\ufeff"x","y"\n"1","2"\n3,-4.5'].every(t => JSON.stringify(m.readCSV(t, 9).points) === want); })()`,
		"labels of a CSV":            `JSON.stringify(m.readCSV('x,y,label\n1,2,b\n3,4,a\n5,6,b', 9).labels) === '[0,1,0]'`,
		"a bad CSV names the line":   `[['1,2\n3', 'line 2'], ['x,y\n1,2\n3,z', 'line 3'], ['1\n2', 'line 1'], ['', 'no rows'], ['x,y', 'no rows'], ['1,2\n3,4\n5,6', 'at most 2']].every(([t, want]) => { try { m.readCSV(t, 2); return false; } catch (why) { return why.message.includes(want); } })`,
		"ticks are round and within": `[[-4.5, 4.5], [0, 1], [-1.3, 2.2], [100, 900]].every(([a, b]) => { const t = m.ticksOf(a, b); return t.length >= 2 && t.length <= 6 && t.every(v => v >= a - 1e-9 && v <= b + 1e-9); })`,
		"colours mix":                `m.mix('#000000', '#ffffff', 0.5) === '#808080' && m.rgb('#abc').join() === '170,187,204'`,
		"numbers have a true minus":  `m.short(-1.5) === '−1.500' && m.short(-0.0001) === '0.000' && m.short(8) === '8' && m.fine(-0.00123) === '−0.0012' && m.fine(-0.00001) === '0.0000'`,
	} {
		var holds json.RawMessage
		p.Eval(law, &holds)
		if string(holds) != "true" {
			t.Errorf("%s: %s", what, holds)
		}
	}
}

// explained: from the explanation of a GAN's missing likelihood and of a VAE's bound, a button leads to the view that shows it; models
// that cannot learn the data have a reason.
func explained(t *testing.T, p *browsertest.Page) {
	t.Helper()
	press := func(within, text string) {
		t.Helper()
		p.Eval(fmt.Sprintf("[...document.querySelectorAll(%q)].find(b => b.textContent === %q).click()", within+" button", text), nil)
	}
	press("article[aria-label=GAN]", "why no likelihood?")
	press("article[aria-label=GAN] [popover]", "See where points come from")
	p.Wait(said("#inside") + ".includes('samples are in the circle') && document.querySelectorAll('#inside canvas').length === 2")
	press("article[aria-label=VAE]", "why only a bound?")
	press("article[aria-label=VAE] [popover]", "See the bound and what it misses")
	p.Wait(said("#inside") + ".includes('The bound, on average')")
	p.Click("#worst")
	p.Wait(said("#inside") + ".includes('This point: ELBO')")
	p.Eval("document.querySelector('#tab-models').click()", nil)
	p.Wait(said(".unfit") + ".includes('it learns videos: choose the data bounce')")
	p.Click("#home")
	p.Wait("location.hash.includes('data=8gaussians') && document.querySelector('#home').hidden")
	faultless(t, p)
}
