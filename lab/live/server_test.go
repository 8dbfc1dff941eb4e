package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"genlab/lab/live"
	"genlab/lab/live/stage"
)

const smallStage = `{"data": {"name": "8gaussians"}, "seed": 1, "samples": 20, "models": [{"model": "vae", "set": {"hidden": "8", "batch": "32"}}]}`

// served returns the address of a server.
func served(t *testing.T, o live.Options) string {
	t.Helper()
	s := live.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.CloseClientConnections(); h.Close(); s.Close() })
	return h.URL
}

// ask makes a request with headers, "Name: value" each, and returns the answer with its body.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(text)
}

// TestRefused: requests of other sites, by other names of the host, with other types or too large are refused; those of
// the page and of a program are not.
func TestRefused(t *testing.T) {
	url := served(t, live.Options{})
	host := strings.TrimPrefix(url, "http://")
	large := `{"x": "` + strings.Repeat("x", stage.MaxBody) + `"}`
	for _, c := range []struct {
		what, method, path, body string
		headers                  []string
		want                     int
	}{
		{"a program", "POST", "/api/check", smallStage, nil, 200},
		{"the page", "POST", "/api/check", smallStage, []string{"Origin: " + url, "Sec-Fetch-Site: same-origin"}, 200},
		{"a followed link", "GET", "/", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 200},
		{"another site", "POST", "/api/check", smallStage, []string{"Origin: http://example.com"}, 403},
		{"a sandboxed page", "POST", "/api/check", smallStage, []string{"Origin: null"}, 403},
		{"another port", "POST", "/api/check", smallStage, []string{"Origin: http://127.0.0.1:1"}, 403},
		{"an image of another site", "GET", "/api/options", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
		{"a sibling", "GET", "/api/options", "", []string{"Sec-Fetch-Site: same-site"}, 403},
		{"a link to the interface", "GET", "/api/options", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 403},
		{"a rebound name", "GET", "/api/options", "", []string{"Host: evil.example:80"}, 421},
		{"localhost", "GET", "/api/options", "", []string{"Host: localhost" + host[strings.LastIndex(host, ":"):]}, 200},
		{"a form", "POST", "/api/check", smallStage, []string{"Content-Type: text/plain"}, 415},
		{"a large body", "POST", "/api/check", large, nil, 413},
		{"an unknown file", "GET", "/passwd", "", nil, 404},
		{"a folder above", "GET", "/..%2fserver.go", "", nil, 404},
		{"an unknown request", "GET", "/api/secrets", "", nil, 404},
		{"a method", "DELETE", "/", "", nil, 405},
	} {
		if a, text := ask(t, c.method, url+c.path, c.body, c.headers...); a.StatusCode != c.want {
			t.Errorf("%s is answered with %d, want %d: %.200s", c.what, a.StatusCode, c.want, text)
		} else if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", c.what, policy)
		}
	}
}

// TestToken: beyond loopback nothing is answered without the token of the link, which a cookie keeps.
func TestToken(t *testing.T) {
	token := live.NewToken()
	if token == live.NewToken() || len(token) < 32 {
		t.Fatalf("the token %s can be guessed", token)
	}
	url := served(t, live.Options{Token: token})
	for _, path := range []string{"/", "/api/options", "/?token=wrong", "/api/options?token=" + token} {
		if a, _ := ask(t, "GET", url+path, ""); a.StatusCode != 403 {
			t.Errorf("%s without a token is answered with %d", path, a.StatusCode)
		}
	}
	a, _ := ask(t, "GET", url+"/?token="+token, "")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/" {
		t.Errorf("the link is answered with %d, to %q", a.StatusCode, a.Header.Get("Location"))
	}
	c := a.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("the cookies are %v", c)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	for _, path := range []string{"/?token=" + token, "/api/options"} {
		r, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Errorf("%s with the cookie is answered with %d", path, r.StatusCode)
		}
	}
}

// begun returns the ID of a new stage.
func begun(t *testing.T, url string) string {
	t.Helper()
	a, text := ask(t, "POST", url+"/api/stages", smallStage)
	var d struct{ ID string }
	if err := json.Unmarshal([]byte(text), &d); err != nil || a.StatusCode != 201 {
		t.Fatal(a.StatusCode, text)
	}
	return d.ID
}

// TestEvents: a page sees a model train, and the stream ends with its stage.
func TestEvents(t *testing.T) {
	url := served(t, live.Options{})
	id := begun(t, url)
	r, err := http.Get(url + "/api/stages/" + id + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if kind := r.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("events are %s", kind)
	}
	if a, text := ask(t, "POST", url+"/api/stages/"+id+"/control", `{"do": "start"}`); a.StatusCode != 200 {
		t.Fatal(text)
	}
	lines := bufio.NewScanner(r.Body)
	seen := map[string]bool{}
	name := ""
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = n
		}
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var f struct{ Step int }
			if err := json.Unmarshal([]byte(text), &f); err != nil {
				t.Fatal(err)
			}
			if seen[name] = true; name == "frame" && f.Step > 10 {
				break
			}
		}
	}
	for _, want := range []string{"stage", "history", "frame"} {
		if !seen[want] {
			t.Errorf("there is no event %s: %v", want, lines.Err())
		}
	}
	ask(t, "DELETE", url+"/api/stages/"+id, "")
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, r.Body)
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the stream of a stage that has ended goes on")
	}
}

// TestServeEndsAtOnce: a server with an open stream, which outlives the time for a request, ends when its context does.
func TestServeEndsAtOnce(t *testing.T) {
	defer live.SetReadTimeout(50 * time.Millisecond)()
	l, err := live.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := live.New(live.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	link := s.Link(l)
	go func() { done <- s.Serve(ctx, l) }()
	id := begun(t, strings.TrimSuffix(link, "/"))
	r, err := http.Get(link + "api/stages/" + id + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	time.Sleep(120 * time.Millisecond)
	ask(t, "POST", link+"api/stages/"+id+"/control", `{"do": "step"}`)
	late := bufio.NewScanner(r.Body)
	for late.Scan() && !strings.Contains(late.Text(), `"step":1,`) { // the stream outlives the time for a request
	}
	if late.Err() != nil || !strings.Contains(late.Text(), `"step":1,`) {
		t.Errorf("the stream ends: %v", late.Err())
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server goes on")
	}
	s.Close()
}

// listening returns the listener of a server that ends with the test.
func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := live.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := live.New(live.Options{})
	t.Cleanup(func() { s.Close() })
	go s.Serve(t.Context(), l) // whose context ends before the clean-up
	return l
}

// TestConnectionsAreBounded: a client that opens more connections than the server takes waits, and is served when others
// have gone.
func TestConnectionsAreBounded(t *testing.T) {
	l := listening(t)
	var idle []net.Conn
	for range live.MaxConnections {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		idle = append(idle, c)
	}
	late, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	fmt.Fprintf(late, "GET /api/options HTTP/1.1\r\nHost: %s\r\n\r\n", l.Addr())
	late.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := late.Read(make([]byte, 1)); err == nil {
		t.Errorf("a connection too many is served (%d)", n)
	}
	idle[0].Close()
	late.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := late.Read(make([]byte, 1)); err != nil {
		t.Errorf("a connection is not served when another has gone: %v", err)
	}
}
