package export

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestRealMLflow sends a run to the server of MLFLOW_TRACKING_URI (mlflow server) while it goes on and again when it is longer: the
// server has the settings, and every finite point once.
func TestRealMLflow(t *testing.T) {
	server := os.Getenv("MLFLOW_TRACKING_URI")
	if !strings.HasPrefix(server, "http") {
		t.Skip("no MLflow here (pip install mlflow; mlflow server; MLFLOW_TRACKING_URI=http://localhost:5000): the export was not tried with a server")
	}
	d := begun(t)
	m := MLflow{Server: server, Experiment: "genlab test " + t.TempDir()}
	steps := make([]int, 1200) // more than a request takes
	for i := range steps {
		steps[i] = i + 1
	}
	log(t, d, 0.5, steps[:1100]...)
	for range 2 { // the second sends nothing
		if _, err := m.Log(t.Context(), open(t, d)); err != nil {
			t.Fatal(err)
		}
	}
	log(t, d, 0.5, steps[1100:]...)
	if n, err := m.Log(t.Context(), open(t, d)); err != nil || n != 100 {
		t.Fatalf("%d points, %v", n, err)
	}
	id, err := m.experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run, last, err := m.run(t.Context(), id, open(t, d))
	if err != nil || last != 1200 {
		t.Fatalf("last step %d, %v", last, err)
	}
	var found struct {
		Run struct {
			Data struct {
				Params []struct{ Key, Value string }
				Tags   []struct{ Key, Value string }
			}
		}
	}
	ask(t, server, "runs/get?run_id="+run, &found)
	if n, want := len(found.Run.Data.Params), len(open(t, d).Settings); n != want {
		t.Errorf("%d of %d settings", n, want)
	}
	var history struct {
		Metrics []struct {
			Value float64
			Step  json.Number
		}
	}
	ask(t, server, "metrics/get-history?metric_key=train/loss&run_id="+run, &history)
	seen := map[string]bool{}
	for _, p := range history.Metrics {
		step, err := p.Step.Int64()
		if err != nil || p.Value != 0.5+float64(step) || seen[p.Step.String()] {
			t.Fatalf("step %v: %v, %v", p.Step, p.Value, err)
		}
		seen[p.Step.String()] = true
	}
	if len(seen) != 1200 {
		t.Errorf("%d points", len(seen))
	}
}

// ask reads an answer of the server.
func ask(t *testing.T, server, path string, to any) {
	t.Helper()
	resp, err := http.Get(strings.TrimSuffix(server, "/") + "/api/2.0/mlflow/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", resp.Status, err, b)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(err)
	}
}
