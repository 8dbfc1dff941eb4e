package live_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"genlab/lab/live"
	"genlab/lab/live/stage"
)

// piped is a listener whose connections have no buffer: what the server writes waits until the client reads it.
type piped struct {
	clients chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.clients:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *piped) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// connected sends a request for the events of a stage over a connection without a buffer.
func (p *piped) connected(t *testing.T, id string) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	p.clients <- server
	if _, err := fmt.Fprintf(client, "GET /api/stages/%s/events HTTP/1.1\r\nHost: localhost:80\r\n\r\n", id); err != nil {
		t.Fatal(err)
	}
	return client
}

// handled makes a request of the protocol without a network.
func handled(t *testing.T, s *live.Server, method, path, body string, into any) {
	t.Helper()
	r := s.Stages().Handle(method, path, nil, []byte(body))
	if r.Status >= 300 {
		t.Fatalf("%s %s is answered with %d: %s", method, path, r.Status, r.Body)
	}
	if into != nil {
		if err := json.Unmarshal(r.Body, into); err != nil {
			t.Fatal(err)
		}
	}
}

type state struct {
	ID, State string
	Panels    []struct{ Step int }
}

// waitFor waits until a stage has a state.
func waitFor(t *testing.T, s *live.Server, id, want string) {
	t.Helper()
	var d state
	for end := time.Now().Add(time.Minute); d.State != want; time.Sleep(5 * time.Millisecond) {
		if handled(t, s, "GET", "api/stages/"+id, "", &d); time.Now().After(end) {
			t.Fatalf("the stage is %s at %+v, want %s", d.State, d.Panels, want)
		}
	}
}

// TestSlowAndVanishedClients: a model takes its last step while the server still waits for a client that reads nothing, and
// clients that have gone are noticed: the training that nobody watches any more pauses after a minute. The clock is the test's.
func TestSlowAndVanishedClients(t *testing.T) {
	var now atomic.Int64 // seconds
	s := live.New(live.Options{Stage: stage.Options{Now: func() time.Time { return time.Unix(now.Load(), 0) }}})
	defer s.Close()
	l := &piped{clients: make(chan net.Conn), closed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	defer func() { cancel(); <-ended }()

	var d state
	settings := `{"data": {"name": "moons"}, "seed": 1, "samples": 500, "models": [{"model": "vae", "set": {"hidden": "8", "batch": "32", "steps": "%d"}}]}`
	handled(t, s, "POST", "api/stages", fmt.Sprintf(settings, 300), &d)
	slow := l.connected(t, d.ID)
	defer slow.Close()
	if line, err := bufio.NewReaderSize(slow, 16).ReadString(' '); err != nil || line != "HTTP/1.1 " { // the answer has begun
		t.Fatal(line, err)
	}
	handled(t, s, "POST", "api/stages/"+d.ID+"/control", `{"do": "start"}`, nil)
	waitFor(t, s, d.ID, "done")
	slow.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := slow.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the slow client is not waited for: %v", err)
	}

	handled(t, s, "POST", "api/stages", fmt.Sprintf(settings, 10_000_000), &d)
	gone := []net.Conn{l.connected(t, d.ID), l.connected(t, d.ID)}
	read := bufio.NewScanner(gone[0])
	for read.Scan() && read.Text() != "event: frame" { // the first one watches
	}
	handled(t, s, "POST", "api/stages/"+d.ID+"/control", `{"do": "start"}`, nil)
	now.Store(59)
	for _, c := range gone { // without a word
		c.Close()
	}
	waitFor(t, s, d.ID, "running")
	for now.Store(59 + 60); ; time.Sleep(5 * time.Millisecond) { // a client is noticed to have gone when something is written to it
		if handled(t, s, "GET", "api/stages/"+d.ID, "", &d); d.State == "unwatched" {
			break
		}
		now.Add(1)
		if now.Load() > 59+60+4000 {
			t.Fatal("nobody listens, but the training goes on")
		}
	}
}

// TestTwoServersGiveTheSameSamples: the same settings on two servers give the same samples at the same step of each model, whatever the
// speed, the number of clients and the other stages.
func TestTwoServersGiveTheSameSamples(t *testing.T) {
	const settings = `{"data": {"name": "pinwheel"}, "seed": 11, "samples": 200, "models": [{"model": "flow", "set": {"hidden": "8", "layers": "2", "batch": "32"}},
		{"model": "gan", "set": {"hidden": "8", "batch": "32"}}, {"model": "diffusion", "set": {"hidden": "8", "batch": "32"}, "sampling": {"nfe": "5"}}, {"model": "vae", "set": {"hidden": "8", "batch": "32"}}]}`
	const step = 23
	digests := func(url string, clients int, orders ...string) string {
		a, text := ask(t, "POST", url+"/api/stages", settings)
		var d state
		if err := json.Unmarshal([]byte(text), &d); err != nil || a.StatusCode != 201 {
			t.Fatal(a.StatusCode, text)
		}
		for range clients {
			r, err := http.Get(url + "/api/stages/" + d.ID + "/events")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
		}
		for _, o := range orders {
			if a, text := ask(t, "POST", url+"/api/stages/"+d.ID+"/control", o); a.StatusCode != 200 {
				t.Fatal(text)
			}
		}
		r, err := http.Get(url + "/api/stages/" + d.ID + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		sums := map[string][32]byte{}
		for lines := bufio.NewScanner(r.Body); len(sums) < 4 && lines.Scan(); {
			var f struct {
				Panel, Points string
				Step          int
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(text), &f) == nil && f.Points != "" && f.Step == step {
				sums[f.Panel] = sha256.Sum256([]byte(f.Points))
			}
		}
		if len(sums) < 4 {
			t.Fatalf("samples of %d models at step %d", len(sums), step)
		}
		return fmt.Sprintf("%x", sums)
	}
	one, other := served(t, live.Options{}), served(t, live.Options{})
	begun(t, other) // another stage
	first := digests(one, 0, fmt.Sprintf(`{"do": "step", "steps": %d}`, step))
	second := digests(other, 3, `{"do": "speed", "speed": 0.5}`, `{"do": "step", "steps": 9}`, fmt.Sprintf(`{"do": "step", "steps": %d}`, step-9))
	if first != second {
		t.Errorf("two servers give samples of digests\n%s and\n%s", first, second)
	}
}

// TestHeadersAreBounded: a request with headers of more than 16 KiB is refused.
func TestHeadersAreBounded(t *testing.T) {
	l := listening(t)
	status := func(size int) string {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /api/map HTTP/1.1\r\nHost: %s\r\nX-Large: %s\r\n\r\n", l.Addr(), strings.Repeat("x", size))
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(line)[1]
	}
	if got := status(1000); got != "200" {
		t.Errorf("1000 bytes of headers are answered with %s", got)
	}
	if got := status(64 << 10); got != "431" {
		t.Errorf("64 KiB of headers are answered with %s, want 431", got)
	}
}
