package live

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"genlab/internal/atomicfile"
	"genlab/internal/usage"
	"genlab/lab/live/stage"
)

// Written is a file of the page for a web host.
type Written struct {
	Path  string
	Bytes int
}

// Names of the files that only a page for a web host has.
const (
	wasmFile    = "genlab.wasm.gz"
	runtimeFile = "wasm_exec.js"
	startFile   = "start.json"
	workerFile  = "worker.js"
)

// staticPolicy is the policy of a page for a web host, in the page itself: it also compiles WebAssembly. A policy in a
// page cannot say who may frame it.
const staticPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
	"font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"

//go:embed worker.js
var worker []byte

// WriteStatic writes the page into a folder that is empty or does not exist, with the library compiled to WebAssembly,
// which runs in a worker of the reader's browser. start is the stage that the page shows first. It runs the go command in
// the source of genlab, and fails where there is none, where the folder holds anything, and where a file cannot be written.
func WriteStatic(ctx context.Context, dir string, start stage.Settings) ([]Written, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, usage.Errorf("--static %s holds files already: give an empty folder, or one that does not exist", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("--static %s: %w", dir, atomicfile.Cause(err))
	}
	wasm, runtime, err := compile(ctx)
	if err != nil {
		return nil, err
	}
	first, err := json.Marshal(start)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{wasmFile: wasm, runtimeFile: runtime, startFile: first, workerFile: worker}
	names := []string{wasmFile, runtimeFile, startFile, workerFile}
	err = fs.WalkDir(page(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := fs.ReadFile(page(), name)
		if name == "index.html" {
			b = forHost(b)
		}
		files[name] = b
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usage.Errorf("--static %s cannot be made: %w", dir, atomicfile.Cause(err))
	}
	var all []Written
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := atomicfile.Write(path, files[name]); err != nil {
			return all, err
		}
		all = append(all, Written{path, len(files[name])})
	}
	return all, nil
}

// forHost returns index.html for a web host: with the worker as its backend, and the policy that a server would send.
func forHost(index []byte) []byte {
	const server = `<meta name="genlab-backend" content="server">`
	return bytes.Replace(index, []byte(server), []byte(
		`<meta http-equiv="Content-Security-Policy" content="`+staticPolicy+`">`+"\n"+
			strings.Replace(server, "server", "worker", 1)), 1)
}

// compile returns the compressed WebAssembly of package lab/live/wasm and the JavaScript that Go's runtime needs.
func compile(ctx context.Context) (wasm, runtime []byte, err error) {
	temporary, err := os.MkdirTemp("", "genlab-live-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(temporary)
	out := filepath.Join(temporary, "genlab.wasm")
	const source = "genlab/lab/live/wasm"
	run := func(args ...string) ([]byte, error) {
		c := exec.CommandContext(ctx, "go", args...)
		c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
		return c.CombinedOutput()
	}
	if text, err := run("build", "-trimpath", "-ldflags=-s -w", "-o", out, source); err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if errors.Is(err, exec.ErrNotFound) {
			return nil, nil, usage.Errorf("--static compiles the library to WebAssembly, and the go command is not found: install Go, then run genlab live --static in the folder of genlab's source")
		}
		if _, err := run("list", source); err != nil {
			return nil, nil, usage.Errorf("--static compiles the library to WebAssembly, and this folder is not one of genlab's source: change to where its go.mod is, and run genlab live --static there with the full path of DIR")
		}
		return nil, nil, usage.Errorf("--static cannot compile the library: %w\n%s\nThe source must be of the same version as this genlab, and build: try go build ./... there", err, bytes.TrimSpace(text))
	}
	plain, err := os.ReadFile(out)
	if err != nil {
		return nil, nil, err
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	runtime, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", runtimeFile))
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, nil, err
	}
	if _, err := z.Write(plain); err != nil {
		return nil, nil, err
	}
	err = z.Close()
	return b.Bytes(), runtime, err
}
