package stage_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"genlab/datasets"
	"genlab/lab/live/stage"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// small are settings of two models that train for long enough to be watched.
func small(names ...string) stage.Settings {
	s := stage.Settings{Data: stage.Data{Name: "8gaussians"}, Seed: 1, Samples: 40}
	for _, name := range names {
		m := stage.Model{Model: name, Set: map[string]string{"hidden": "8", "batch": "32"}}
		if name == "autoregressive" {
			m.Set["heads"] = "2"
		}
		s.Models = append(s.Models, m)
	}
	return s
}

// opened returns a stage of settings.
func opened(t *testing.T, o stage.Options, set stage.Settings) (*stage.Stages, described) {
	t.Helper()
	s := stage.NewStages(o)
	t.Cleanup(s.Close)
	var d described
	call(t, s, 201, "POST", "api/stages", set, &d)
	return s, d
}

func control(t *testing.T, s *stage.Stages, id string, c stage.Control) (d described) {
	t.Helper()
	call(t, s, 200, "POST", "api/stages/"+id+"/control", c, &d)
	return d
}

// shown is a part of the message of a frame.
type shownFrame struct {
	Panel  string
	Step   int
	Points string
	State  string
	Failed string
}

// frameAt listens until a panel shows a step.
func frameAt(t *testing.T, s *stage.Stages, id, panel string, want func(f shownFrame) bool) shownFrame {
	t.Helper()
	l, err := s.Listen(id)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		all := l.Next(ctx)
		if all == nil {
			t.Fatalf("%s is not shown", panel)
		}
		for _, e := range all {
			var f shownFrame
			if err := json.Unmarshal(e.Data, &f); e.Name == "frame" && err == nil && f.Panel == panel && want(f) {
				return f
			}
		}
	}
}

// TestALinkGivesTheSameNumbers: two stages of the same settings show the same points at the same step, whatever
// else trains beside a model, and another seed shows others.
func TestALinkGivesTheSameNumbers(t *testing.T) {
	at := func(set stage.Settings) string {
		s, d := opened(t, stage.Options{}, set)
		control(t, s, d.ID, stage.Control{Do: "step", Steps: 7})
		return frameAt(t, s, d.ID, "gan", func(f shownFrame) bool { return f.Step == 7 }).Points
	}
	alone, beside, other := small("gan"), small("vae", "gan", "flow"), small("gan")
	other.Seed = 2
	if a, b := at(alone), at(beside); a != b {
		t.Error("a model shows other points beside others than alone")
	} else if a == at(other) {
		t.Error("another seed shows the same points")
	}
}

// TestStepsAreCounted: a paused stage takes the steps that are asked for, of one panel or of all, and no more.
func TestStepsAreCounted(t *testing.T) {
	s, d := opened(t, stage.Options{}, small("gan", "vae"))
	control(t, s, d.ID, stage.Control{Do: "step", Steps: 3, Panel: "vae"})
	control(t, s, d.ID, stage.Control{Do: "step"})
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 4 })
	frameAt(t, s, d.ID, "gan", func(f shownFrame) bool { return f.Step == 1 })
	time.Sleep(50 * time.Millisecond)
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 4 })
	control(t, s, d.ID, stage.Control{Do: "start"})
	call(t, s, 409, "POST", "api/stages/"+d.ID+"/control", stage.Control{Do: "step"}, nil)
	control(t, s, d.ID, stage.Control{Do: "pause"})
	for _, c := range []stage.Control{{Do: "step", Steps: -1}, {Do: "step", Panel: "kde"}, {Do: "sing"}, {Do: "speed"}} {
		call(t, s, 400, "POST", "api/stages/"+d.ID+"/control", c, nil)
	}
}

// TestChangesKeepWhatIsTheSame: a panel whose settings stay goes on at its step; one whose settings change begins again; a
// change of sampling alone begins nothing again, and shows other points.
func TestChangesKeepWhatIsTheSame(t *testing.T) {
	set := small("diffusion", "vae")
	s, d := opened(t, stage.Options{}, set)
	control(t, s, d.ID, stage.Control{Do: "step", Steps: 5})
	before := frameAt(t, s, d.ID, "diffusion", func(f shownFrame) bool { return f.Step == 5 })
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 5 })
	set.Models[0].Sampling = map[string]string{"nfe": "1"}
	set.Models[1].Set = map[string]string{"hidden": "9", "batch": "32"}
	call(t, s, 200, "PUT", "api/stages/"+d.ID, set, nil)
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 0 })
	frameAt(t, s, d.ID, "diffusion", func(f shownFrame) bool { return f.Step == 5 && f.Points != before.Points })
	seed := uint64(9)
	control(t, s, d.ID, stage.Control{Do: "restart", Seed: &seed})
	frameAt(t, s, d.ID, "diffusion", func(f shownFrame) bool { return f.Step == 0 })
}

// TestSlowListener: a listener that never reads does not hold up a training, and gets the newest frame when it does.
func TestSlowListener(t *testing.T) {
	s, d := opened(t, stage.Options{}, small("vae"))
	slow, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 0 })
	control(t, s, d.ID, stage.Control{Do: "start"})
	f := frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step > 30 })
	all := slow.Next(t.Context())
	frames, step := 0, 0
	for _, e := range all {
		var late shownFrame
		if e.Name == "frame" && json.Unmarshal(e.Data, &late) == nil {
			frames, step = frames+1, late.Step
		}
	}
	if frames != 1 || step < f.Step {
		t.Errorf("%d frames wait for a slow listener, the last of step %d, want one of step %d or later", frames, step, f.Step)
	}
}

// TestUnwatched: a stage pauses when nobody has listened for a while, and goes on when it is started again.
func TestUnwatched(t *testing.T) {
	s, d := opened(t, stage.Options{Unwatched: 40 * time.Millisecond}, small("vae"))
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	control(t, s, d.ID, stage.Control{Do: "start"})
	time.Sleep(150 * time.Millisecond)
	state := func() string {
		var d2 described
		call(t, s, 200, "GET", "api/stages/"+d.ID, nil, &d2)
		return d2.State
	}
	if got := state(); got != "running" {
		t.Errorf("a stage that is watched is %s", got)
	}
	l.Close()
	for end := time.Now().Add(10 * time.Second); state() != "unwatched"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody listens, but the stage runs")
		}
	}
	if l, err = s.Listen(d.ID); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := control(t, s, d.ID, stage.Control{Do: "start"}).State; got != "running" {
		t.Errorf("started again, the stage is %s", got)
	}
}

// TestInvalidSettings: each mistake is answered with the panel and the setting that it is in.
func TestInvalidSettings(t *testing.T) {
	s := stage.NewStages(stage.Options{})
	defer s.Close()
	points := make([][2]float64, 20)
	for want, change := range map[string]func(s *stage.Settings){
		"0 lr must be a number":       func(s *stage.Settings) { s.Models[0].Set["lr"] = "much" },
		"0 lr must be above 0":        func(s *stage.Settings) { s.Models[0].Set["lr"] = "-1" },
		"1 beta must be at least 0":   func(s *stage.Settings) { s.Models[1].Set["beta"] = "-1" },
		"0 final-lr must be at most":  func(s *stage.Settings) { s.Models[0].Set["final-lr"] = "5" },
		"1 hidden at most 1024":       func(s *stage.Settings) { s.Models[1].Set["hidden"] = "5000" },
		"0 colour unknown key":        func(s *stage.Settings) { s.Models[0].Set["colour"] = "red" },
		"0 seed belongs to the stage": func(s *stage.Settings) { s.Models[0].Set["seed"] = "4" },
		"0 nfe 1 to 1000":             func(s *stage.Settings) { s.Models[0].Sampling = map[string]string{"nfe": "0"} },
		"1 nfe does not apply":        func(s *stage.Settings) { s.Models[1].Sampling = map[string]string{"nfe": "3"} },
		"1  unknown model":            func(s *stage.Settings) { s.Models[1].Model = "oracle" },
		"-1 data did you mean":        func(s *stage.Settings) { s.Data.Name = "8gausians" },
		"-1 data cannot open files":   func(s *stage.Settings) { s.Data.Name = "file:/etc/passwd" },
		"-1 data takes 20 to":         func(s *stage.Settings) { s.Data.Points = points[:3] },
		"-1 data labels for":          func(s *stage.Settings) { s.Data.Points, s.Data.Labels = points, []int{1} },
		"-1 data within 1e+06":        func(s *stage.Settings) { s.Data.Points = append(points[:19:19], [2]float64{1e9, 0}) },
		"-1 samples 1 to 2000":        func(s *stage.Settings) { s.Samples = 100000 },
		"-1 models 1 to 8":            func(s *stage.Settings) { s.Models = nil },
		"-1 seed 2^53":                func(s *stage.Settings) { s.Seed = math.MaxUint64 },
	} {
		set := small("diffusion", "vae")
		change(&set)
		var a struct{ Fields []stage.FieldError }
		call(t, s, 422, "POST", "api/stages", set, &a)
		panel, rest, _ := strings.Cut(want, " ")
		key, text, _ := strings.Cut(rest, " ")
		ok := len(a.Fields) > 0 && panel == map[int]string{-1: "-1", 0: "0", 1: "1"}[a.Fields[0].Panel] && key == a.Fields[0].Key && strings.Contains(a.Fields[0].Message, text)
		if !ok {
			t.Errorf("want %q, got %+v", want, a.Fields)
		}
	}
	call(t, s, 400, "POST", "api/stages", map[string]any{"data": "x"}, nil)
	call(t, s, 400, "POST", "api/stages", map[string]any{"seed": 1, "colour": 2}, nil)
	call(t, s, 404, "GET", "api/stages/none", nil, nil)
	var none struct{ Fields []stage.FieldError }
	call(t, s, 200, "POST", "api/check", small("gan"), &none)
	if len(none.Fields) > 0 {
		t.Errorf("valid settings have faults: %+v", none.Fields)
	}
}

// TestDensityOfTheTruth: the grid of the true density integrates to one over the box.
func TestDensityOfTheTruth(t *testing.T) {
	_, d := opened(t, stage.Options{}, small("vae"))
	if m := mass(*d.Data.Density, d.Data.Box); math.Abs(m-1) > 0.02 {
		t.Errorf("the density has mass %v", m)
	}
}

// mass returns the integral of a density over its box.
func mass(g gridOf, box [4]float64) (sum float64) {
	for _, v := range g.Values {
		u := float64(v) / 255
		sum += u * u * g.Max
	}
	return sum * (box[1] - box[0]) * (box[3] - box[2]) / float64(g.W*g.H)
}

// unpacked returns the coordinates of packed points.
func unpacked(t *testing.T, text string, in [4]float64) (all [][2]float64) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b)%4 != 0 {
		t.Fatal(len(b), err)
	}
	for p := range slices.Chunk(b, 4) {
		at := func(i int) float64 {
			return in[i] + (in[i+1]-in[i])*float64(int(p[i])|int(p[i+1])<<8)/math.MaxUint16
		}
		all = append(all, [2]float64{at(0), at(2)})
	}
	return all
}

// TestEveryModelIsShown: every registered model, but for those of text, the paradigms, which other tests show, and two that
// are slow, is shown with samples on its data, or with the reason why it has none yet.
func TestEveryModelIsShown(t *testing.T) {
	for _, m := range models.All {
		about := m.About()
		if about.Role == registry.Paradigm || about.Name == "video" || about.Name == "captioned" || datasets.IsText(about.Data) {
			continue
		}
		set := stage.Settings{Data: stage.Data{Name: cmp.Or(about.Data, "8gaussians")}, Seed: 1, Samples: 4, Models: []stage.Model{{Model: about.Name}}}
		s := stage.NewStages(stage.Options{})
		defer s.Close()
		r := s.Handle("POST", "api/stages", nil, must(json.Marshal(set)))
		var d described
		if err := json.Unmarshal(r.Body, &d); err != nil || r.Status != 201 {
			t.Errorf("%s is answered with %d: %.300s", about.Name, r.Status, r.Body)
			continue
		}
		if d.Panels[0].Note != "" {
			t.Errorf("%s does not train on %s: %s", about.Name, set.Data.Name, d.Panels[0].Note)
			continue
		}
		f := frameAt(t, s, d.ID, d.Panels[0].ID, func(f shownFrame) bool { return f.Step == 0 })
		if about.Name == "kde" || about.Name == "latent-diffusion" { // they need a step, or their autoencoder
			if f.Failed == "" {
				t.Errorf("%s shows %q before it can sample", about.Name, f.Points)
			}
		} else if f.Failed != "" || len(f.Points) != len("AAAAAAAAAAAAAAAAAAAAAA==") {
			t.Errorf("%s shows %q, failed %q", about.Name, f.Points, f.Failed)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
