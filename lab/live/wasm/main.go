//go:build js

// Command wasm is the library in a worker of a browser: it answers the protocol of lab/live over postMessage. It is
// compiled by genlab live --static, with GOOS=js GOARCH=wasm, and started by lab/live/worker.js.
package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"syscall/js"

	"genlab/lab/live/stage"
)

// request is a message of the page.
type request struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Cancel int             `json:"cancel"`
}

// answer is the answer to a request; a body that is not JSON is sent beside it.
type answer struct {
	ID     int             `json:"id"`
	Status int             `json:"status"`
	Type   string          `json:"type"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// event is a message of a stage that the page listens to.
type event struct {
	ID    int             `json:"id"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// desk answers requests.
type desk struct {
	stages *stage.Stages
	mu     sync.Mutex
	cancel map[int]context.CancelFunc // of events, by the request's ID
}

func main() {
	var start stage.Settings
	if s, err := stage.Decode([]byte(js.Global().Get("genlabStart").String())); err == nil {
		start = s
	}
	stage.Breathe(breath())
	d := &desk{
		stages: stage.NewStages(stage.Options{
			Backend: "worker", Start: start,
			Cannot: map[string]string{
				"save": "A page in the browser cannot write run folders. The command line below trains the same model and saves it.",
			},
		}),
		cancel: map[int]context.CancelFunc{},
	}
	requests := make(chan []byte, 1024)
	js.Global().Call("genlabReady", js.FuncOf(func(_ js.Value, args []js.Value) any {
		select {
		case requests <- []byte(args[0].String()):
		default: // the page asks faster than anybody can
		}
		return nil
	}))
	for text := range requests {
		var r request
		if err := json.Unmarshal(text, &r); err != nil {
			continue
		}
		if r.Cancel != 0 {
			d.mu.Lock()
			if cancel := d.cancel[r.Cancel]; cancel != nil {
				cancel()
				delete(d.cancel, r.Cancel)
			}
			d.mu.Unlock()
			continue
		}
		go d.serve(r)
	}
}

// serve answers a request.
func (d *desk) serve(r request) {
	path, query, _ := strings.Cut(r.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = nil
	}
	if id, ok := strings.CutSuffix(strings.TrimPrefix(path, "api/stages/"), "/events"); ok && r.Method == "GET" {
		d.events(r.ID, id)
		return
	}
	body := []byte(r.Body)
	if string(body) == "null" {
		body = nil
	}
	reply := d.stages.Handle(r.Method, path, values, body)
	a := answer{r.ID, reply.Status, reply.Type, nil}
	if reply.Type == "application/json" || reply.Body == nil {
		a.Body = reply.Body
		send(a, nil)
		return
	}
	send(a, reply.Body)
}

// events passes the messages of a stage on until the page cancels them.
func (d *desk) events(id int, of string) {
	l, err := d.stages.Listen(of)
	if err != nil {
		text, _ := json.Marshal(map[string]any{"error": err.Error(), "fields": []any{}}) // never fails
		send(answer{id, 404, "application/json", text}, nil)
		return
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	d.mu.Lock()
	d.cancel[id] = cancel
	d.mu.Unlock()
	send(answer{id, 200, "text/event-stream", nil}, nil)
	for {
		all := l.Next(ctx)
		if all == nil {
			return
		}
		for _, e := range all {
			send(event{id, e.Name, e.Data}, nil)
		}
	}
}

// send posts a message to the page.
func send(message any, bytes []byte) {
	text, err := json.Marshal(message)
	if err != nil {
		return
	}
	if bytes == nil {
		js.Global().Call("genlabSend", string(text))
		return
	}
	array := js.Global().Get("Uint8Array").New(len(bytes))
	js.CopyBytesToJS(array, bytes)
	js.Global().Call("genlabSend", string(text), array)
}

// breath returns a function that lets the thread's event loop run once, by a message to itself: a timer would wait for
// four milliseconds.
func breath() func() {
	channel := js.Global().Get("MessageChannel").New()
	back := make(chan struct{}, 1)
	channel.Get("port1").Set("onmessage", js.FuncOf(func(js.Value, []js.Value) any {
		select {
		case back <- struct{}{}:
		default:
		}
		return nil
	}))
	return func() {
		channel.Get("port2").Call("postMessage", 0)
		<-back
	}
}
