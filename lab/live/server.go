package live

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"genlab/lab/live/stage"
)

//go:embed page
var embedded embed.FS

// page returns the files of the page.
func page() fs.FS {
	f, err := fs.Sub(embedded, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

// Options of a server.
type Options struct {
	Stage stage.Options
	Hosts []string // host:port that requests may name; nil: that of the loopback listener, any port
	Token string   // that requests need, "" for none
}

// Server serves the page and the protocol. It is an [http.Handler].
type Server struct {
	stages *stage.Stages
	o      Options
	mux    *http.ServeMux
}

// New returns a server without a stage. Close it.
func New(o Options) *Server {
	s := &Server{stages: stage.NewStages(o.Stage), o: o, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.file)
	s.mux.HandleFunc("GET /{name}", s.file)
	s.mux.HandleFunc("GET /api/stages/{id}/events", s.events)
	s.mux.HandleFunc("/api/", s.answer)
	return s
}

// Close ends all stages.
func (s *Server) Close() { s.stages.Close() }

// Stages returns the stages of the server.
func (s *Server) Stages() *stage.Stages { return s.stages }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for key, value := range headers {
		h.Set(key, value)
	}
	if status, why := s.refuse(w, r); status != 0 {
		if status > 0 {
			http.Error(w, why, status)
		}
		return
	}
	s.mux.ServeHTTP(w, r)
}

// file serves a file of the page.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "" {
		name = "index.html"
	}
	b, err := fs.ReadFile(page(), name)
	if err != nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", typeOf(name))
	w.Write(b)
}

// typeOf returns the media type of a file of the page, whatever the system's tables say.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	}
	return "application/octet-stream"
}

// answer answers a request of the protocol but for events.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, stage.MaxBody))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes: send fewer points", large.Limit))
		return
	} else if err != nil {
		return // the client has gone
	}
	if len(body) > 0 {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			problem(w, http.StatusUnsupportedMediaType, "the body must be application/json")
			return
		}
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{}) // the request has been read, and its answer may take longer
	reply := s.stages.Handle(r.Method, strings.TrimPrefix(r.URL.Path, "/"), r.URL.Query(), body)
	if reply.Type != "" {
		w.Header().Set("Content-Type", reply.Type)
	}
	w.WriteHeader(reply.Status)
	w.Write(reply.Body)
}

// problem answers with an error.
func problem(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, "{\"error\":%q,\"fields\":[]}", text)
}

// Times of an event stream.
const (
	gather    = 40 * time.Millisecond // between two writes to a client, so that many messages are one
	heartbeat = 15 * time.Second
	patience  = 10 * time.Second // for a client that does not read
)

// events streams the messages of a stage.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	l, err := s.stages.Listen(r.PathValue("id"))
	if err != nil {
		status := http.StatusNotFound
		if f := new(stage.Failure); errors.As(err, &f) {
			status = f.Status
		}
		problem(w, status, err.Error())
		return
	}
	defer l.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	out.SetReadDeadline(time.Time{}) // the deadline of the request would end the stream
	write := func(text []byte) bool {
		out.SetWriteDeadline(time.Now().Add(patience))
		_, err := w.Write(text)
		return err == nil && out.Flush() == nil
	}
	if !write([]byte("retry: 1000\n\n")) {
		return
	}
	for {
		ctx, cancel := context.WithTimeout(r.Context(), heartbeat)
		all := l.Next(ctx)
		expired := ctx.Err() != nil
		cancel()
		if r.Context().Err() != nil || all == nil && !expired {
			return
		}
		text := []byte(": alive\n\n")
		if all != nil {
			text = text[:0]
		}
		for _, e := range all {
			text = append(text, "event: "+e.Name+"\ndata: "...)
			text = append(text, e.Data...)
			text = append(text, "\n\n"...)
		}
		if !write(text) {
			return
		}
		select {
		case <-time.After(gather):
		case <-r.Context().Done():
			return
		}
	}
}

// MaxConnections is the largest number of connections at a time.
const MaxConnections = 512

const maxHeader = 16 << 10 // bytes of the headers of a request

// readTimeout is the time that a client has to send a request.
var readTimeout = time.Minute

// Listen listens on a TCP address, with a bounded number of connections at a time.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &limited{Listener: l, open: make(chan struct{}, MaxConnections)}, nil
}

// Serve serves until ctx ends, and then ends at once. Requests must name the address of the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.o.Hosts == nil {
		s.o.Hosts = hostsOf(l.Addr())
	}
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	err := server.Serve(l)
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Link returns the address of the page on a listener, with the token.
func (s *Server) Link(l net.Listener) string {
	link := "http://" + hostsOf(l.Addr())[0] + "/"
	if s.o.Token != "" {
		link += "?token=" + s.o.Token
	}
	return link
}

// NewToken returns a token that cannot be guessed.
func NewToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
