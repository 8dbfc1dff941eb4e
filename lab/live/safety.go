package live

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// policy lets the page use files of its own server and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers are those of every answer.
var headers = map[string]string{
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cache-Control":                "no-store",
}

// cookie is the name of the cookie that holds the token. Cookies are shared by the ports of a host, so its name has the
// token's first digits.
func (s *Server) cookie() string { return "genlab-live-" + s.o.Token[:min(8, len(s.o.Token))] }

// refuse returns the status of a request that is not answered, with the reason; 0 for one that is. A status of −1 says
// that the request has been answered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request) (status int, why string) {
	if !s.knownHost(r.Host) {
		return http.StatusMisdirectedRequest, "this server does not answer for the host " + strings.ToValidUTF8(r.Host, "?") + ": open the link that genlab live prints"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return http.StatusForbidden, "a page of another site may not use this server"
		}
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		if !(r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.URL.Path == "/") { // a link may be followed
			return http.StatusForbidden, "a page of another site may not use this server"
		}
	}
	if s.o.Token == "" {
		return 0, ""
	}
	if token := r.URL.Query().Get("token"); token != "" && r.URL.Path == "/" && r.Method == http.MethodGet {
		if !same(token, s.o.Token) {
			return http.StatusForbidden, "the token is wrong: open the link that genlab live prints"
		}
		http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: s.o.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return -1, ""
	}
	if c, err := r.Cookie(s.cookie()); err != nil || !same(c.Value, s.o.Token) {
		return http.StatusForbidden, "the link lacks its token: open the one that genlab live prints"
	}
	return 0, ""
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// knownHost reports whether a request names the server by its own address, so that a name of another site that points
// to this machine is of no use to that site.
func (s *Server) knownHost(host string) bool {
	if s.o.Hosts != nil {
		return slices.Contains(s.o.Hosts, host)
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "127.0.0.1" || name == "localhost" || name == "::1" || name == "[::1]"
}

// hostsOf returns the hosts by which requests may name a listener: its address, localhost for a loopback one, and the
// addresses of this machine for one on all of them.
func hostsOf(address net.Addr) []string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return []string{address.String()}
	}
	names := []string{host}
	switch ip := net.ParseIP(host); {
	case ip == nil:
	case ip.IsLoopback():
		names = append(names, "localhost")
	case ip.IsUnspecified():
		names = nil
		if all, err := net.InterfaceAddrs(); err == nil {
			for _, a := range all {
				if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
					names = append(names, n.IP.String())
				}
			}
		}
		// The address that others reach comes first.
		slices.SortStableFunc(names, func(a, b string) int { return loopback(a) - loopback(b) })
		names = append(names, "localhost")
	}
	var hosts []string
	for _, name := range names {
		hosts = append(hosts, net.JoinHostPort(name, port))
		if port == "80" {
			hosts = append(hosts, name)
		}
	}
	return hosts
}

func loopback(ip string) int {
	if net.ParseIP(ip).IsLoopback() {
		return 1
	}
	return 0
}

// limited is a listener that accepts no more connections than open has room for.
type limited struct {
	net.Listener
	open chan struct{}
}

// Accept implements [net.Listener]. It waits while too many connections are open.
func (l *limited) Accept() (net.Conn, error) {
	l.open <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &counted{Conn: c, done: sync.OnceFunc(func() { <-l.open })}, nil
}

// counted is a connection that makes room when it is closed.
type counted struct {
	net.Conn
	done func()
}

// Close implements [net.Conn].
func (c *counted) Close() error {
	defer c.done()
	return c.Conn.Close()
}
