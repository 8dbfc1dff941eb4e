package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPage: docs/peers.md has the tables of results.json.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	var results table
	if err := json.Unmarshal(b, &results); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "<!-- begin peers -->\n"+results.markdown()+"<!-- end peers -->") {
		t.Errorf("%s is not what go run ./experiments/peers writes of results.json", page)
	}
	for _, r := range results.Results {
		if r.Peer == "" || r.What == "" || r.Version == "" || !r.diverged() && (r.Metrics["energy_distance"] == nil || (r.Density && r.Infinite == 0) != (r.Metrics["kl"] != nil)) {
			t.Errorf("%s %s on %s is not whole", r.Peer, r.Budget, r.Data)
		}
	}
}

// TestCells: values have their errors, and seconds of a busy machine are marked.
func TestCells(t *testing.T) {
	r := &result{Train: 10, TrainSeconds: 10.6, Metrics: map[string]*metric{"kl": {Value: 0.01234, SE: 0.002}, "modes": {Value: 24}, "modes_total": {Value: 25}}}
	for got, want := range map[string]string{
		r.kl(): "0.0123 ± 0.0020", (&result{Infinite: 3}).kl(): "∞: log q is not finite at 3 points", r.said("mode_tv", 3): "–", r.modes(): "24 of 25",
		r.seconds(r.TrainSeconds, r.Train): "11 s", r.seconds(40, 10): "(10 s)", seconds(0.04): "< 0.1 s", seconds(1.23): "1.2 s", seconds(0.31): "0.31 s",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestCachedResults: what is in the folder is not trained again, and a damaged result names its file.
func TestCachedResults(t *testing.T) {
	l := &laboratory{settings: settings{dir: t.TempDir()}, genlab: "not a program"}
	p := peers[0]
	dir := filepath.Join(l.dir, "moons", p.name+"-fair")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "result.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"data": "moons", "peer": "genlab-flow", "what": "x"}`)
	if r, cached, err := l.result(t.Context(), p, "moons", "fair"); err != nil || !cached || r.What != "x" {
		t.Errorf("%+v, %v, %v", r, cached, err)
	}
	if _, _, err := l.result(t.Context(), p, "moons", "default"); err == nil {
		t.Error("what is not there is not trained")
	}
	write(`{"data": `)
	if _, _, err := l.result(t.Context(), p, "moons", "fair"); err == nil || !strings.Contains(err.Error(), "result.json") {
		t.Errorf("a damaged result: %v", err)
	}
}

// TestPeers trains every peer for a few steps where PEERS_PYTHON names an interpreter with the packages of requirements.txt.
func TestPeers(t *testing.T) {
	python := os.Getenv("PEERS_PYTHON")
	if python == "" || testing.Short() {
		t.Skip("PEERS_PYTHON names no Python with the packages of requirements.txt: no peer was trained")
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "run", "./experiments/peers", "-dir", dir, "-o", filepath.Join(dir, "r.json"), "-python", python, "-scale", "0.001", "-data", "moons")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil || strings.Count(string(out), "trained") != 2*len(peers) {
		t.Errorf("%v: %s", err, out)
	}
}
