package browsertest

import (
	"fmt"
	"time"
)

// Click clicks the middle of the element that a selector finds, after scrolling to it.
func (p *Page) Click(selector string) {
	p.t.Helper()
	x, y := p.at(selector, 0.5, 0.5)
	p.mouse("mousePressed", x, y)
	p.mouse("mouseReleased", x, y)
}

// Drag presses the pointer at a place of an element, moves through others, and releases it. Places are fractions
// of the element's width and height.
func (p *Page) Drag(selector string, places ...[2]float64) {
	p.t.Helper()
	x, y := p.at(selector, places[0][0], places[0][1])
	p.mouse("mousePressed", x, y)
	for _, place := range places[1:] {
		x, y = p.at(selector, place[0], place[1])
		p.mouse("mouseMoved", x, y)
		time.Sleep(50 * time.Millisecond)
	}
	p.mouse("mouseReleased", x, y)
}

// at scrolls to an element, waits until it keeps still, and returns the pixel of a place of it.
func (p *Page) at(selector string, u, v float64) (x, y float64) {
	p.t.Helper()
	var r struct{ X, Y, W, H float64 }
	p.Eval(fmt.Sprintf(`(async () => {
		const e = document.querySelector(%q);
		if (!e) throw new Error('there is no ' + %q);
		e.scrollIntoView({block: 'center'});
		const place = () => { const r = e.getBoundingClientRect(); return {x: r.x, y: r.y, w: r.width, h: r.height}; };
		for (let before = place(), i = 0; i < 20; i++) {
			await new Promise(done => setTimeout(done, 30));
			const now = place();
			if (JSON.stringify(now) === JSON.stringify(before)) break;
			before = now;
		}
		return place();
	})()`, selector, selector), &r)
	if r.W == 0 {
		p.t.Fatalf("%s is not visible", selector)
	}
	return r.X + u*r.W, r.Y + v*r.H
}

func (p *Page) mouse(kind string, x, y float64) {
	p.t.Helper()
	p.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}, nil)
}

// keys have codes that browsers want beside their names.
var keys = map[string]struct {
	code int
	text string
}{
	"Tab": {9, ""}, "Enter": {13, "\r"}, " ": {32, " "}, "Escape": {27, ""}, "Delete": {46, ""}, "End": {35, ""}, "Home": {36, ""},
	"ArrowLeft": {37, ""}, "ArrowUp": {38, ""}, "ArrowRight": {39, ""}, "ArrowDown": {40, ""},
}

// Press presses keys by their names, "Tab" or "ArrowLeft"; "Shift+Tab" goes back.
func (p *Page) Press(names ...string) {
	p.t.Helper()
	for _, name := range names {
		modifiers := 0
		if name == "Shift+Tab" {
			name, modifiers = "Tab", 8
		}
		k, ok := keys[name]
		if !ok {
			p.t.Fatalf("no key %q", name)
		}
		params := map[string]any{"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": k.code, "modifiers": modifiers, "text": k.text}
		p.do("Input.dispatchKeyEvent", params, nil)
		p.do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "code": name, "windowsVirtualKeyCode": k.code, "modifiers": modifiers}, nil)
	}
}

// Fill replaces the text of a field, as a reader who selects it and types.
func (p *Page) Fill(selector, text string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: 'center'}); e.focus(); e.select(); })()`, selector), nil)
	p.do("Input.insertText", map[string]any{"text": text}, nil)
	p.Press("Enter")
}

// Choose chooses an option of a select element.
func (p *Page) Choose(selector, value string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; if (e.value !== %q) throw new Error('no such option'); e.dispatchEvent(new Event('change', {bubbles: true})); })()`, selector, value, value), nil)
}
