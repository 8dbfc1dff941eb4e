package sweep

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// PlanFile is the name of the plan in the folder of a sweep: a line for each run,
//
//	{"index":0,"model":"flow","data":"moons","seed":1,"axes":{"lr":0.001},"settings":{"model":"flow","lr":0.001,...}}
//
// axes has what is varied, settings everything, with the keys of config.yaml.
const PlanFile = "plan.jsonl"

// header is the config.yaml of a sweep's folder.
type header struct {
	Sweep   string `yaml:"sweep" help:"models of the sweep in this folder of genlab sweep; the runs are in plan.jsonl"`
	Axes    string `yaml:"axes" help:"what is varied, in the order of tables; axes that end in :log have a logarithmic scale"`
	Search  Search `yaml:"search" help:"how the configurations were chosen"`
	Smoke   bool   `yaml:"smoke" help:"tiny models, whose values are meaningless"`
	Halving int    `yaml:"halving" help:"successive halving: one configuration in so many survives a rung; 0 for none"`
	Metric  string `yaml:"metric" help:"metric that is shown first and that halving ranks by"`
	Steps   int    `yaml:"steps" help:"training steps of a run, where halving needs the same number for all"`
}

// header returns the header of a request.
func (q *Request) header() header {
	var axes []string
	if len(q.Models) > 1 {
		axes = append(axes, "model")
	}
	if len(q.Data) > 1 {
		axes = append(axes, "data")
	}
	for _, a := range q.Axes {
		switch {
		case !a.varied():
		case a.Range != nil && a.Range.Log:
			axes = append(axes, a.Key+":log")
		default:
			axes = append(axes, a.Key)
		}
	}
	return header{strings.Join(q.Models, ","), strings.Join(axes, ","), q.Search, q.Smoke, q.Halving, q.Metric, 0}
}

// title names the sweep.
func (h header) title() string {
	if h.Axes == "" {
		return h.Sweep
	}
	return h.Sweep + " by " + strings.ReplaceAll(strings.ReplaceAll(h.Axes, ":log", ""), ",", ", ")
}

// settingsText returns the settings of a job as a JSON object, in their order.
func settingsText(j registry.Job) string { return objectOf(registry.Fields(j)) }

func objectOf(fields []config.Field) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(f.Key) + ":")
		writeValue(&b, f.Default, slices.Contains([]string{"bool", "int", "uint", "float"}, f.Type))
	}
	b.WriteByte('}')
	return b.String()
}

// writeValue writes a value as a JSON number or boolean where it is one, else as a string.
func writeValue(b *strings.Builder, value string, plain bool) {
	if plain && json.Valid([]byte(value)) {
		b.WriteString(value)
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic("sweep: " + err.Error()) // a string always has JSON
	}
	b.Write(text)
}

// line returns the entry's line of the plan without its index, which tells whether two entries are the same run.
func (e Entry) line() string {
	var b strings.Builder
	b.WriteString(`"model":` + strconv.Quote(e.Model) + `,"data":`)
	writeValue(&b, e.Data, false)
	fmt.Fprintf(&b, `,"seed":%d,"axes":{`, e.Seed)
	first, fields := true, registry.Fields(e.job)
	for _, f := range fields {
		value, ok := e.Axes[f.Key]
		if !ok {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(strconv.Quote(f.Key) + ":")
		writeValue(&b, value, slices.Contains([]string{"bool", "int", "uint", "float"}, f.Type))
	}
	b.WriteString(`},"settings":` + objectOf(fields) + "}")
	return b.String()
}

// text returns the lines of a plan.
func text(entries []Entry) []byte {
	var b bytes.Buffer
	for i, e := range entries {
		fmt.Fprintf(&b, `{"index":%d,%s`+"\n", i, e.line())
	}
	return b.Bytes()
}

// storedLine is a line of a plan as it is read.
type storedLine struct {
	Index    int                        `json:"index"`
	Model    string                     `json:"model"`
	Data     string                     `json:"data"`
	Seed     uint64                     `json:"seed"`
	Axes     map[string]json.RawMessage `json:"axes"`
	Settings json.RawMessage            `json:"settings"`
}

// plain returns a JSON number, boolean or string as the text of a setting.
func plain(b json.RawMessage) (string, error) {
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		return s, err
	}
	return string(b), nil
}

// maxLine bounds a line of a plan, in bytes.
const maxLine = 1 << 20

// planLines yields the lines of the plan in a folder, without the newline, each until the next. It fails with a *CorruptError of package
// lab/rundir where the last line is incomplete.
func planLines(d *rundir.Dir, each func(index int, line []byte) (more bool, err error)) error {
	f, err := os.Open(d.Path(PlanFile))
	if errors.Is(err, os.ErrNotExist) {
		return usage.Errorf("%s holds no sweep: it has no %s; name a folder that genlab sweep has written", d.Path(""), PlanFile)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, maxLine)
	for i := 0; ; i++ {
		line, err := r.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			return corrupt(d, i, fmt.Errorf("is longer than %d KB", maxLine>>10))
		}
		if err != nil {
			return corrupt(d, i, errors.New("is incomplete"))
		}
		more, err := each(i, line[:len(line)-1])
		if err != nil {
			return corrupt(d, i, err)
		}
		if !more {
			return nil
		}
	}
}

func corrupt(d *rundir.Dir, line int, err error) error {
	return &rundir.CorruptError{Path: d.Path(PlanFile), Reason: fmt.Sprintf("line %d %v; the command that planned the sweep, in another folder, writes it again", line+1, err), Err: err}
}

// parseLine reads a line of a plan without its settings.
func parseLine(index int, line []byte) (Entry, storedLine, error) {
	var s storedLine
	if err := json.Unmarshal(line, &s); err != nil {
		return Entry{}, s, fmt.Errorf("is no run: %w", err)
	}
	if s.Index != index {
		return Entry{}, s, fmt.Errorf("has the index %d instead of %d", s.Index, index)
	}
	e := Entry{Index: index, Model: s.Model, Data: s.Data, Seed: s.Seed, Axes: make(map[string]string, len(s.Axes))}
	for key, raw := range s.Axes {
		var err error
		if e.Axes[key], err = plain(raw); err != nil {
			return e, s, err
		}
	}
	return e, s, nil
}

// readEntry returns the run of an index with its job. It fails with a usage error where there is none.
func readEntry(models registry.List, d *rundir.Dir, index int) (Entry, error) {
	var e Entry
	found, n := false, 0
	err := planLines(d, func(i int, line []byte) (bool, error) {
		n++
		if i != index {
			return true, nil
		}
		var s storedLine
		var err error
		if e, s, err = parseLine(i, line); err != nil {
			return false, err
		}
		found = true
		e.job, err = decodeJob(models, s)
		return false, err
	})
	if err == nil && !found {
		err = usage.Errorf("--index is %d, but %s has the runs 0 to %d", index, d.Path(PlanFile), n-1)
	}
	return e, err
}

// decodeJob returns the job of a line's settings.
func decodeJob(models registry.List, s storedLine) (registry.Job, error) {
	m, err := models.Named(s.Model)
	if err != nil {
		return nil, err
	}
	job := m.Job(s.Data, false)
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(s.Settings, &settings); err != nil {
		return nil, err
	}
	for key, raw := range settings {
		value, err := plain(raw)
		if err == nil {
			err = config.Set(job.Settings(), key, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return job, job.Validate()
}
