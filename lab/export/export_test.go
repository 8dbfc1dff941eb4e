package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"genlab/lab/models"
	"genlab/lab/rundir"
)

// begun makes a run folder with settings and no log.
func begun(t *testing.T) *rundir.Dir {
	t.Helper()
	d, err := rundir.Create(filepath.Join(t.TempDir(), "runs", "a"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.WriteConfig(models.Flow.Job("moons", true).Settings()); err != nil {
		t.Fatal(err)
	}
	return d
}

// log logs steps with a loss, and one value that is not finite.
func log(t *testing.T, d *rundir.Dir, loss float64, steps ...int) {
	t.Helper()
	for _, s := range steps {
		if err := d.Log(s, rundir.Field{Name: "loss", Value: loss + float64(s)}, rundir.Field{Name: "odd", Value: math.Inf(-1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, d *rundir.Dir) *Run {
	t.Helper()
	r, err := Open(models.All, d.Path(""))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// points returns the losses that TensorBoard shows of a file, by step.
func points(t *testing.T, file string) map[int64]float32 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, whole, err := readRecords(b)
	if err != nil || whole != len(b) || all[0].version != fileVersion {
		t.Fatalf("%d of %d bytes, %v", whole, len(b), err)
	}
	losses := map[int64]float32{}
	for _, e := range shown(all) {
		for _, s := range e.values {
			if s.tag == "train/loss" {
				if _, twice := losses[e.step]; twice {
					t.Errorf("step %d is shown twice", e.step)
				}
				losses[e.step] = s.value
			}
		}
	}
	return losses
}

// TestTensorBoard: a run is exported while it goes on, killed, resumed from an earlier step with other values, and finished:
// the file shows the points of the log at any time, none of them twice, and exporting again adds nothing.
func TestTensorBoard(t *testing.T) {
	d, dir := begun(t), t.TempDir()
	file := filepath.Join(dir, "a", eventFile)
	check := func(want int) {
		t.Helper()
		r := open(t, d)
		n, err := r.TensorBoard(dir)
		if err != nil || n != want {
			t.Fatalf("%d events written, want %d, %v", n, want, err)
		}
		got := points(t, file)
		if len(got) != len(r.Log) {
			t.Errorf("%d points of %d lines", len(got), len(r.Log))
		}
		for _, e := range r.Log {
			if v, _ := e.Value("loss"); got[int64(e.Step)] != float32(v) {
				t.Errorf("step %d is %v", e.Step, got[int64(e.Step)])
			}
		}
		if n, err := r.TensorBoard(dir); n != 0 || err != nil {
			t.Errorf("the second time %d events, %v", n, err)
		}
	}
	check(0) // only the version
	log(t, d, 1, 10, 20, 30, 40)
	check(4)
	if err := d.TrimLog(20); err != nil { // killed after step 40, resumed from 20
		t.Fatal(err)
	}
	check(1) // a session start alone
	log(t, d, 2, 30, 40, 50)
	check(3)
	if err := d.TrimLog(30); err != nil {
		t.Fatal(err)
	}
	log(t, d, 3, 40, 50, 60)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"eval.json": []byte(`{"metrics":{"nll":{"value":1.5},"kl":{"value":null}}}`), "samples.png": picture.Bytes()} {
		if err := d.WriteFile(name, data); err != nil {
			t.Fatal(err)
		}
	}
	check(6) // a session start, 3 lines, the report and the picture

	// A writer that was killed leaves a part of a record, which the next one overwrites.
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b[:len(b)-5], 0o666); err != nil {
		t.Fatal(err)
	}
	check(1)
	b[20] ^= 1
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, d).TensorBoard(dir); !errors.As(err, new(*rundir.CorruptError)) {
		t.Errorf("a damaged file: %v", err)
	}
}

// TestRecord: the bytes of a record that TensorFlow's own writer made of the first event of a file.
func TestRecord(t *testing.T) {
	want := []byte("\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7f\x4b\x22\x09\x00\x00\xc0\x25\xdd\x75\xd8\x41\x1a\x0dbrain.Event:2")
	got := appendRecord(nil, event{time: 1641509015, version: fileVersion})
	if !bytes.Equal(got[:12], want[:12]) || !bytes.Equal(got[21:len(got)-4], want[21:]) {
		t.Errorf("%x\n%x", got, want)
	}
}

func TestCSV(t *testing.T) {
	d := begun(t)
	log(t, d, 0.5, 10)
	if err := d.WriteFile("eval.json", []byte(`{"metrics":{"nll":{"value":1.5},"kl":{"value":null}}}`)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := CSV(&b, []*Run{open(t, d)}); err != nil {
		t.Fatal(err)
	}
	if want := "run,step,metric,value\na,10,loss,10.5\na,10,odd,-Infinity\na,eval,kl,NaN\na,eval,nll,1.5\n"; b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

// mlflowServer is a stub of a tracking server with one run.
type mlflowServer struct {
	calls   []string
	metrics []map[string]any
	params  int
	exists  bool
}

func (s *mlflowServer) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	path := strings.TrimPrefix(q.URL.Path, "/api/2.0/mlflow/")
	s.calls = append(s.calls, path)
	var body struct {
		Metrics []map[string]any    `json:"metrics"`
		Params  []map[string]string `json:"params"`
	}
	json.NewDecoder(q.Body).Decode(&body)
	s.metrics, s.params = append(s.metrics, body.Metrics...), s.params+len(body.Params)
	reply := map[string]any{}
	switch path {
	case "experiments/get-by-name":
		w.WriteHeader(http.StatusNotFound)
		reply = map[string]any{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}
	case "experiments/create":
		reply["experiment_id"] = "7"
	case "runs/search":
		if s.exists {
			reply["runs"] = []any{map[string]any{"info": map[string]any{"run_id": "r"}, "data": map[string]any{"metrics": []any{map[string]any{"key": "train/loss", "step": 10}}}}}
		}
	case "runs/create":
		reply["run"] = map[string]any{"info": map[string]any{"run_id": "r"}}
	case "runs/log-batch", "runs/update":
	default:
		w.WriteHeader(http.StatusBadRequest)
		reply = map[string]any{"error_code": "BAD", "message": path}
	}
	json.NewEncoder(w).Encode(reply)
}

// TestMLflow: a new run gets its parameters and points; one that the server has gets what is new.
func TestMLflow(t *testing.T) {
	d := begun(t)
	log(t, d, 0, 10, 20)
	s := &mlflowServer{}
	server := httptest.NewServer(s)
	defer server.Close()
	m := MLflow{Server: server.URL, Experiment: "genlab"}
	n, err := m.Log(t.Context(), open(t, d))
	if err != nil || n != 2 || s.params != len(open(t, d).Settings) { // an infinite value is left out
		t.Fatalf("%d points, %d parameters, %v", n, s.params, err)
	}
	s.exists = true
	if n, err = m.Log(t.Context(), open(t, d)); err != nil || n != 1 {
		t.Errorf("%d points, %v", n, err)
	}
	if !slices.Contains(s.calls, "experiments/create") || slices.Contains(s.calls, "runs/update") {
		t.Errorf("calls %q", s.calls)
	}
	server.Close()
	if _, err := m.Log(t.Context(), open(t, d)); err == nil || !strings.Contains(err.Error(), "MLflow cannot be reached") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Log(ctx, open(t, d)); err == nil {
		t.Error("a cancelled export succeeds")
	}
}
