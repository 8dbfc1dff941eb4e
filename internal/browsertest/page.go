package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Page is a page in a headless browser that a test drives as a reader would: with the pointer and the keyboard.
// Its methods fail the test where the browser does not answer.
type Page struct {
	t       *testing.T
	browser *connection
	session string
}

// Open starts a browser with an empty page of a width and height. It skips as [Look] does.
func Open(t *testing.T, width, height int) *Page {
	t.Helper()
	path := browser()
	if path == "" {
		t.Skip("no Chromium here: the page was not looked at in a browser")
	}
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	c, err := start(path, t.TempDir())
	if err != nil {
		t.Skipf("%s does not run here: %v", path, err)
	}
	t.Cleanup(c.close)
	p := &Page{t: t, browser: c}
	var target struct{ TargetID, SessionID string }
	p.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	p.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	p.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.do(domain+".enable", nil, nil)
	}
	p.Resize(width, height)
	return p
}

// start runs Chromium with its pipe of the DevTools protocol.
func start(path, dir string) (*connection, error) {
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio", "--disable-dev-shm-usage",
		"--user-data-dir="+dir+"/profile", "--remote-debugging-pipe", "about:blank")
	fromUs, toBrowser, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromBrowser, toUs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // file descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	fromUs.Close()
	toUs.Close()
	return connect(cmd, toBrowser, fromBrowser), nil
}

// do sends a command to the page, or to the browser before there is one, and decodes the answer.
func (p *Page) do(method string, params map[string]any, answer any) {
	p.t.Helper()
	raw, err := p.browser.call(p.session, method, params)
	if err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	if answer != nil {
		if err := json.Unmarshal(raw, answer); err != nil {
			p.t.Fatalf("%s: %v", method, err)
		}
	}
}

// Resize changes the size of the window, in pixels of the page.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Prefer sets media features, such as "prefers-color-scheme" to "dark".
func (p *Page) Prefer(features map[string]string) {
	p.t.Helper()
	list := []map[string]string{}
	for name, value := range features {
		list = append(list, map[string]string{"name": name, "value": value})
	}
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": list}, nil)
}

// Go opens an address and waits until it is loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.do("Page.navigate", map[string]any{"url": "about:blank"}, nil) // else only the fragment may change
	p.do("Page.navigate", map[string]any{"url": url}, nil)
	p.Wait("location.href !== 'about:blank' && document.readyState === 'complete'")
}

// Eval returns the value of a JavaScript expression, which may be a promise, as into's type.
func (p *Page) Eval(expression string, into any) {
	p.t.Helper()
	if err := p.eval(expression, into); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Page) eval(expression string, into any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	raw, err := p.browser.call(p.session, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if err == nil {
		err = json.Unmarshal(raw, &answer)
	}
	if err != nil {
		return err
	}
	if e := answer.ExceptionDetails; e != nil {
		return fmt.Errorf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if into == nil || answer.Result.Value == nil {
		return nil
	}
	return json.Unmarshal(answer.Result.Value, into)
}

// Wait waits until a JavaScript expression is true, at most 30 seconds.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var holds bool
		err := p.eval("!!("+expression+")", &holds)
		if holds {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain for %s (%v); the page has faults %q", expression, err, p.Faults())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Text returns the text of the element that a selector finds.
func (p *Page) Text(selector string) (text string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("document.querySelector(%q).textContent", selector), &text)
	return text
}

// Faults returns what the browser reported so far: exceptions, errors of the console, refused or failed loads.
func (p *Page) Faults() []string { return p.browser.faults() }

// Printed returns the number of pages on which the page is printed.
func (p *Page) Printed() int {
	p.t.Helper()
	var answer struct{ Data []byte }
	p.do("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &answer)
	return printedPages(answer.Data)
}

// Screenshot returns the visible part of the page as PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	var shot struct{ Data []byte }
	p.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	return shot.Data
}
