package cli

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/live"
	"genlab/lab/live/stage"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// liveCmd serves the page on which models train side by side.
type liveCmd struct {
	Data   string   `group:"data" default:"8gaussians" predictor:"dataset" placeholder:"NAME" help:"Dataset to begin with: a name listed by genlab datasets, or file:PATH (default 8gaussians)."`
	Seed   uint64   `group:"data" default:"1" help:"Seed of all models."`
	Models []string `placeholder:"NAME,..." help:"Models to begin with, up to 8, also one several times (default: the paradigms)."`
	Set    []string `sep:"none" placeholder:"MODEL.KEY=VALUE" help:"Setting of a model to begin with, such as vae.beta=4; gan-2 is the second gan. Repeatable."`
	Out    string   `group:"run" default:"runs" placeholder:"DIR" help:"Folder of the runs that are saved."`
	Listen string   `group:"server" default:"127.0.0.1" placeholder:"ADDRESS" help:"IP address to listen on. On any but loopback the link has a token, and is not encrypted."`
	Port   int      `group:"server" default:"0" help:"TCP port; 0 for a free one."`
	NoOpen bool     `group:"server" help:"Do not open a browser."`
	Static string   `group:"server" placeholder:"DIR" help:"Write the page with the library compiled to WebAssembly into an empty folder, for any web host, and stop. Needs go and the source of genlab."`
}

// Run serves the page until it is interrupted.
func (c *liveCmd) Run(con *console) error {
	start, err := c.start()
	if err != nil {
		return err
	}
	if c.Static != "" {
		return c.static(con, start)
	}
	ip := net.ParseIP(c.Listen)
	if c.Listen == "localhost" {
		ip = net.IPv4(127, 0, 0, 1)
	}
	if ip == nil {
		return usage.Errorf("--listen is %q, but must be an IP address such as 127.0.0.1, or 0.0.0.0 for all of this machine", c.Listen)
	}
	if c.Port < 0 || c.Port > 65535 {
		return usage.Errorf("--port is %d, but must be 0 to 65535", c.Port)
	}
	o := live.Options{Stage: stage.Options{Out: c.Out, Start: start}}
	if strings.HasPrefix(c.Data, datasets.FilePrefix) {
		o.Stage.Files = []string{c.Data}
	}
	if !ip.IsLoopback() {
		o.Token = live.NewToken()
	}
	l, err := live.Listen(net.JoinHostPort(ip.String(), strconv.Itoa(c.Port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return usage.Errorf("--port %d of %s is in use: choose another, or 0 for a free one", c.Port, c.Listen)
	}
	if err != nil {
		return usage.Errorf("--listen %s: %w", c.Listen, err)
	}
	s := live.New(o)
	defer s.Close()
	link := s.Link(l)
	fmt.Fprintf(con.stdout, "genlab live: %s\nStop it with Ctrl+C.\n", link)
	if !ip.IsLoopback() {
		fmt.Fprintln(con.stdout, "Whoever has this link can train and save runs here. The connection is not encrypted.")
	}
	if !c.NoOpen {
		open(link)
	}
	return s.Serve(con.ctx, l)
}

// start returns the stage that the flags describe.
func (c *liveCmd) start() (stage.Settings, error) {
	s := stage.Settings{Data: stage.Data{Name: c.Data}, Seed: c.Seed, Samples: stage.DefaultSamples}
	names := c.Models
	if names == nil {
		names = models.All.Names(registry.Paradigm)
	}
	var ids []string
	for _, name := range names {
		if _, err := models.All.Named(name); err != nil {
			return s, fmt.Errorf("--models: %w", err)
		}
		id := name
		for n := 2; slices.Contains(ids, id); n++ {
			id = fmt.Sprintf("%s-%d", name, n)
		}
		ids = append(ids, id)
		s.Models = append(s.Models, stage.Model{Model: name})
	}
	for _, text := range c.Set {
		of, value, ok := strings.Cut(text, "=")
		id, key, dot := strings.Cut(of, ".")
		i := slices.Index(ids, id)
		if !ok || !dot || i < 0 {
			return s, usage.Errorf("--set is %q, but must be MODEL.KEY=VALUE with MODEL one of %s", text, strings.Join(ids, ", "))
		}
		s.Models[i] = s.Models[i].With(key, value)
	}
	var files []string
	if strings.HasPrefix(c.Data, datasets.FilePrefix) {
		if _, err := datasets.ByName(c.Data); err != nil {
			return s, registry.InputError(err)
		}
		files = []string{c.Data}
	}
	if err := stage.Validate(s, files); err != nil {
		return s, usage.Error{Err: err}
	}
	return s, nil
}

// static writes the page for a web host.
func (c *liveCmd) static(con *console, start stage.Settings) error {
	if c.NoOpen || c.Port != 0 || c.Listen != "127.0.0.1" {
		return usage.Errorf("--static writes a folder and serves nothing: leave out --listen, --port and --no-open")
	}
	if strings.HasPrefix(c.Data, datasets.FilePrefix) {
		return usage.Errorf("--static cannot take a file with it: begin with a dataset of genlab and drop the file on the page")
	}
	files, err := live.WriteStatic(con.ctx, c.Static, stage.Quick(start))
	for _, f := range files {
		fmt.Fprintf(con.stdout, "%9d bytes  %s\n", f.Bytes, f.Path)
	}
	return err
}

// open opens a link in the browser, where the system says how.
func open(link string) {
	var name string
	args := []string{link}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", link}
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return // no screen: the link has been printed
		}
		name = "xdg-open"
	}
	command := exec.Command(name, args...)
	if command.Start() == nil {
		go command.Wait()
	}
}
