package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"genlab/internal/usage"
)

// MLflow sends runs to a tracking server through its REST API, version 2.0.
type MLflow struct {
	Server     string // such as http://localhost:5000
	Experiment string // is made where there is none
	Client     *http.Client
}

// mlflowBatch is the largest number of metrics in a request that the server accepts.
const mlflowBatch = 1000

// Log sends a run: its settings as parameters, its log and the values of its report as metrics. A run that was sent before,
// found by its tag genlab.run, gets the points after the last step that it has. Values that are not finite are left out,
// which MLflow cannot store. Log returns the number of points sent. It fails where the server cannot be reached or
// refuses, with its message.
func (m MLflow) Log(ctx context.Context, r *Run) (int, error) {
	experiment, err := m.experiment(ctx)
	if err != nil {
		return 0, err
	}
	id, last, err := m.run(ctx, experiment, r)
	if err != nil {
		return 0, err
	}
	var points []map[string]any
	add := func(name string, value float64, step int) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		points = append(points, map[string]any{"key": name, "value": value, "timestamp": r.at(step).UnixMilli(), "step": step})
	}
	for _, e := range r.Log {
		for _, f := range e.Fields {
			if e.Step > last {
				add("train/"+f.Name, f.Value, e.Step)
			}
		}
	}
	for _, v := range r.Eval {
		add("eval/"+v.Name, v.Value, r.steps())
	}
	for i := 0; i < len(points); i += mlflowBatch {
		batch := points[i:min(i+mlflowBatch, len(points))]
		if err := m.post(ctx, "runs/log-batch", map[string]any{"run_id": id, "metrics": batch}, nil); err != nil {
			return i, err
		}
	}
	if r.Eval == nil {
		return len(points), nil
	}
	return len(points), m.post(ctx, "runs/update", map[string]any{"run_id": id, "status": "FINISHED", "end_time": r.at(r.steps()).UnixMilli()}, nil)
}

// experiment returns the id of the experiment.
func (m MLflow) experiment(ctx context.Context) (string, error) {
	var found struct {
		Experiment struct {
			ID string `json:"experiment_id"`
		} `json:"experiment"`
	}
	err := m.get(ctx, "experiments/get-by-name?experiment_name="+url.QueryEscape(m.Experiment), &found)
	if err == nil {
		return found.Experiment.ID, nil
	}
	if !strings.Contains(err.Error(), "RESOURCE_DOES_NOT_EXIST") {
		return "", err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = m.post(ctx, "experiments/create", map[string]any{"name": m.Experiment}, &made)
	return made.ID, err
}

// run returns the id of the run and the last step of its training that the server has, 0 for a new one.
func (m MLflow) run(ctx context.Context, experiment string, r *Run) (string, int, error) {
	path, err := filepath.Abs(r.dir.Path(""))
	if err != nil {
		return "", 0, err
	}
	var found struct {
		Runs []struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
			Data struct {
				Metrics []struct {
					Key  string      `json:"key"`
					Step json.Number `json:"step"`
				} `json:"metrics"`
			} `json:"data"`
		} `json:"runs"`
	}
	filter := "tags.`genlab.run` = '" + strings.ReplaceAll(path, "'", `\'`) + "'"
	if err := m.post(ctx, "runs/search", map[string]any{"experiment_ids": []string{experiment}, "filter": filter, "max_results": 1}, &found); err != nil {
		return "", 0, err
	}
	if len(found.Runs) > 0 {
		last := 0
		for _, v := range found.Runs[0].Data.Metrics {
			if step, err := v.Step.Int64(); err == nil && strings.HasPrefix(v.Key, "train/") {
				last = max(last, int(step))
			}
		}
		return found.Runs[0].Info.ID, last, nil
	}
	var made struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	tags := []map[string]string{{"key": "genlab.run", "value": path}}
	if err := m.post(ctx, "runs/create", map[string]any{"experiment_id": experiment, "run_name": r.Name, "start_time": r.Started.UnixMilli(), "tags": tags}, &made); err != nil {
		return "", 0, err
	}
	var params []map[string]string
	for _, f := range r.Settings {
		params = append(params, map[string]string{"key": f.Key, "value": f.Default})
	}
	return made.Run.Info.ID, 0, m.post(ctx, "runs/log-batch", map[string]any{"run_id": made.Run.Info.ID, "params": params}, nil)
}

func (m MLflow) get(ctx context.Context, path string, to any) error {
	return m.do(ctx, http.MethodGet, path, nil, to)
}

func (m MLflow) post(ctx context.Context, path string, body, to any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return m.do(ctx, http.MethodPost, path, b, to)
}

func (m MLflow) do(ctx context.Context, method, path string, body []byte, to any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(m.Server, "/")+"/api/2.0/mlflow/"+path, bytes.NewReader(body))
	if err != nil {
		return usage.Errorf("--server is %q, but must be a URL such as http://localhost:5000", m.Server)
	}
	q.Header.Set("Content-Type", "application/json")
	client := m.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(q)
	if err != nil {
		return fmt.Errorf("MLflow cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var refusal struct {
			Code    string `json:"error_code"`
			Message string `json:"message"`
		}
		if json.Unmarshal(b, &refusal) == nil && refusal.Code != "" {
			return fmt.Errorf("MLflow: %s: %s", refusal.Code, refusal.Message)
		}
		return fmt.Errorf("MLflow answers %s to %s", resp.Status, path)
	}
	if to == nil {
		return nil
	}
	return json.Unmarshal(b, to)
}
