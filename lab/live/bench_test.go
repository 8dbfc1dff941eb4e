package live_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"genlab/lab/live"
	"genlab/lab/live/stage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/train"
)

// benchmarked are the settings of the benchmarks: the paradigms on 25gaussians with their defaults.
func benchmarked() stage.Settings {
	s := stage.Settings{Data: stage.Data{Name: "25gaussians"}, Seed: 1, Samples: stage.DefaultSamples}
	for _, name := range models.All.Names(registry.Paradigm) {
		s.Models = append(s.Models, stage.Model{Model: name})
	}
	return s
}

// alone returns the number of steps that the models of the settings take in a time without a stage, as in genlab compare: each
// on one processor and for the same share of the time, as many at a time as there are processors.
func alone(b *testing.B, set stage.Settings, whole time.Duration) (steps int) {
	b.Helper()
	cores := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(cores)
	for _, m := range set.Models {
		of, err := models.All.Named(m.Model)
		if err != nil {
			b.Fatal(err)
		}
		j := of.Job(set.Data.Name, false)
		task, err := j.Task()
		if err != nil {
			b.Fatal(err)
		}
		learner, err := j.New(task)
		if err != nil {
			b.Fatal(err)
		}
		end := time.Now().Add(whole / time.Duration(len(set.Models)))
		for p, err := range train.Run(b.Context(), learner, task.Batches(1, 0), j.Loop(), train.NewStreams(1)) {
			if err != nil {
				b.Fatal(err)
			}
			if time.Now().After(end) {
				steps += cores * p.Step
				break
			}
		}
	}
	return steps
}

// watched returns the steps that a stage takes in a time while so many clients read its events.
func watched(b *testing.B, set stage.Settings, clients int, whole time.Duration) (steps int) {
	b.Helper()
	s := live.New(live.Options{})
	defer s.Close()
	h := httptest.NewServer(s)
	defer h.Close()
	defer h.CloseClientConnections()
	text, err := json.Marshal(set)
	if err != nil {
		b.Fatal(err)
	}
	var d struct {
		ID     string
		Panels []struct{ Step int }
	}
	post := func(path, body string, into any) {
		r, err := http.Post(h.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.StatusCode >= 300 {
			b.Fatal(r.StatusCode, err)
		}
	}
	post("/api/stages", string(text), &d)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for range clients {
		r, err := http.NewRequestWithContext(ctx, "GET", h.URL+"/api/stages/"+d.ID+"/events", nil)
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			if a, err := http.DefaultClient.Do(r); err == nil {
				io.Copy(io.Discard, a.Body)
				a.Body.Close()
			}
		}()
	}
	time.Sleep(time.Second) // the first pictures
	post("/api/stages/"+d.ID+"/control", `{"do": "start"}`, &struct{}{})
	time.Sleep(whole)
	post("/api/stages/"+d.ID+"/control", `{"do": "pause"}`, &d)
	for _, p := range d.Panels {
		steps += p.Step
	}
	return steps
}

// BenchmarkStage measures, for five models on 25gaussians, the sum of their training steps a second alone (as in genlab
// compare), on a stage with one client, and with a hundred, and the memory of the process. The ratios
// are live/alone and crowd/live. It is meant for an idle machine: go test -run '^$' -bench Stage -benchtime 1x ./lab/live
func BenchmarkStage(b *testing.B) {
	const whole = 20 * time.Second
	for range b.N {
		set := benchmarked()
		off := alone(b, set, whole)
		on := watched(b, set, 1, whole)
		crowd := watched(b, set, 100, whole)
		b.ReportMetric(float64(off)/whole.Seconds(), "alone-steps/s")
		b.ReportMetric(float64(on)/whole.Seconds(), "live-steps/s")
		b.ReportMetric(float64(on)/float64(off), "live/alone")
		b.ReportMetric(float64(crowd)/float64(on), "crowd/live")
		b.ReportMetric(resident(), "MB")
	}
}

// resident returns the memory of the process in MB, or what Go has taken where the system does not say.
func resident() float64 { return memory("VmRSS:") }

// memory returns a number of /proc/self/status in MB, VmRSS: or, for the most so far, VmHWM:.
func memory(name string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			var kb float64
			if rest, ok := strings.CutPrefix(line, name); ok && json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimSpace(rest), " kB")), &kb) == nil {
				return kb / 1e3
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / 1e6
}
