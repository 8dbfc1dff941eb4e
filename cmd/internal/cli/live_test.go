package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestLiveServesUntilItIsInterrupted: the command prints a link, whose page and stage are those of its flags, and ends at
// once, without an error, when it is interrupted.
func TestLiveServesUntilItIsInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, []string{"live", "--no-open", "--data", "moons", "--models", "vae,gan", "--seed", "7", "--set", "vae.beta=2"}, write, io.Discard)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	lines.Scan()
	link := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(lines.Text())
	if link == "" {
		t.Fatalf("the first line is %q", lines.Text())
	}
	go io.Copy(io.Discard, read)
	for path, want := range map[string]string{
		"":            "<title>",
		"api/options": `"start":{"data":{"name":"moons"},"seed":7,"samples":600,"models":[{"model":"vae","set":{"beta":"2"}},{"model":"gan"}]}`,
	} {
		r, err := http.Get(link + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s%s is %.300s, want %q; %v", link, path, text, want, err)
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("interrupted, it fails with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it does not end when it is interrupted")
	}
}
