package stage_test

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"genlab/lab/live/stage"
)

// TestRoomForAStage: stages that nobody listens to make room for new ones, the one left for the longest first, however fast
// they are made.
func TestRoomForAStage(t *testing.T) {
	s, first := opened(t, stage.Options{}, small("flow"))
	var last described
	for range stage.MaxStages + 3 {
		call(t, s, 201, "POST", "api/stages", small("flow"), &last)
	}
	call(t, s, 200, "GET", "api/stages/"+last.ID, nil, new(described))
	call(t, s, 404, "GET", "api/stages/"+first.ID, nil, nil)
}

// TestUnwatchedForAMinute: a stage trains until nobody has listened for a minute, and not longer; it stays unwatched for half an hour,
// and is forgotten then. The clock is the test's.
func TestUnwatchedForAMinute(t *testing.T) {
	var now atomic.Int64 // seconds
	s, d := opened(t, stage.Options{Now: func() time.Time { return time.Unix(now.Load(), 0) }}, small("vae"))
	state := func(status int) string {
		t.Helper()
		s.Tidy()
		var d2 described
		call(t, s, status, "GET", "api/stages/"+d.ID, nil, &d2)
		return d2.State
	}
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	control(t, s, d.ID, stage.Control{Do: "start"})
	now.Store(3600)
	if got := state(200); got != "running" {
		t.Errorf("watched for an hour, the stage is %s", got)
	}
	l.Close()
	for _, c := range []struct {
		after int64
		want  string
	}{{59, "running"}, {60, "unwatched"}, {60 + 1799, "unwatched"}} {
		now.Store(3600 + c.after)
		if got := state(200); got != c.want {
			t.Errorf("left for %d s, the stage is %s, want %s", c.after, got, c.want)
		}
	}
	before := frameStep(t, s, d.ID)
	if after := frameStep(t, s, d.ID); after != before {
		t.Errorf("unwatched, the training goes on from step %d to %d", before, after)
	}
	now.Store(3600 + 60 + 1800 + 60)
	state(404)
}

// frameStep returns the step of the panel of a stage, after a moment in which a step would have been taken.
func frameStep(t *testing.T, s *stage.Stages, id string) int {
	t.Helper()
	time.Sleep(20 * time.Millisecond)
	var d struct{ Panels []struct{ Step int } }
	call(t, s, 200, "GET", "api/stages/"+id, nil, &d)
	return d.Panels[0].Step
}

// TestListenersAreBounded: a stage has 256 listeners at most, and room again when one leaves.
func TestListenersAreBounded(t *testing.T) {
	s, d := opened(t, stage.Options{}, small("vae"))
	var all []*stage.Listener
	for range stage.MaxListeners {
		l, err := s.Listen(d.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		all = append(all, l)
	}
	_, err := s.Listen(d.ID)
	if full := new(stage.Failure); !errors.As(err, &full) || full.Status != 429 {
		t.Errorf("listener %d gets %v, want a failure of status 429", len(all)+1, err)
	}
	all[7].Close()
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatalf("when one has left: %v", err)
	}
	l.Close()
}

// TestNoFiguresBeforeTheFirstStepInABrowser: where there is one thread, the metrics of models that have not learned anything do not hold
// up their first steps.
func TestNoFiguresBeforeTheFirstStepInABrowser(t *testing.T) {
	s, d := opened(t, stage.Options{Backend: "worker"}, small("vae"))
	frameAt(t, s, d.ID, "vae", func(f shownFrame) bool { return f.Step == 0 })
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	time.Sleep(30 * time.Millisecond)
	control(t, s, d.ID, stage.Control{Do: "step", Steps: 2})
	for {
		for _, e := range l.Next(t.Context()) {
			var f struct{ Step int }
			if e.Name != "figures" || json.Unmarshal(e.Data, &f) != nil {
				continue
			}
			if f.Step == 0 {
				t.Error("there are figures at step 0")
			}
			return
		}
	}
}

// TestMessagesAreNumbered: an answer that describes a stage has the number of its last change, so that a page can tell which of an answer and
// a message is newer: the message that the training is complete has a larger one than the answer to start.
func TestMessagesAreNumbered(t *testing.T) {
	set := small("vae")
	set.Models[0].Set["steps"] = "3"
	s, d := opened(t, stage.Options{}, set)
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var started struct{ Serial int }
	call(t, s, 200, "POST", "api/stages/"+d.ID+"/control", stage.Control{Do: "start"}, &started)
	for {
		for _, e := range l.Next(t.Context()) {
			var m struct {
				State  string
				Serial int
			}
			if e.Name != "stage" || json.Unmarshal(e.Data, &m) != nil || m.State != "done" {
				continue
			}
			var after struct {
				State  string
				Serial int
			}
			call(t, s, 200, "GET", "api/stages/"+d.ID, nil, &after)
			if started.Serial < 1 || m.Serial < started.Serial || after.Serial != m.Serial || after.State != "done" {
				t.Errorf("started by change %d, complete by %d, and then described as %s by %d", started.Serial, m.Serial, after.State, after.Serial)
			}
			return
		}
	}
}
