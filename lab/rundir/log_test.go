package rundir

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func logged(t *testing.T, d *Dir) []Entry {
	t.Helper()
	entries, err := d.ReadLog()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestTheLogKeepsNumbersAndOrder(t *testing.T) {
	field := rapid.Custom(func(t *rapid.T) Field {
		name := rapid.StringN(1, 5, -1).Filter(func(s string) bool { return s != "step" })
		x := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 5e-324}))
		return Field{name.Draw(t, "name"), x.Draw(t, "value")}
	})
	rapid.Check(t, func(t *rapid.T) {
		in := Entry{rapid.IntRange(0, math.MaxInt).Draw(t, "step"), rapid.SliceOfNDistinct(field, 0, 4, func(f Field) string { return f.Name }).Draw(t, "fields")}
		line, err := appendEntry(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(line), "\n") != 1 {
			t.Fatalf("%q is not one line", line)
		}
		out, err := parseEntry(line)
		if err != nil || !cmp.Equal(in, out, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()) {
			t.Fatalf("%v became %v, %v", in, out, err)
		}
	})
}

func TestTheLogIsOneObjectALine(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	if err := errors.Join(
		d.Log(100, Field{"loss", 0.125}, Field{"kl", math.NaN()}),
		d.Log(200, Field{"loss", 1e-7}, Field{"kl", math.Inf(-1)}),
		d.Flush(),
	); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(d.Path(MetricsFile))
	want := "{\"step\":100,\"loss\":0.125,\"kl\":\"NaN\"}\n{\"step\":200,\"loss\":1e-07,\"kl\":\"-Infinity\"}\n"
	if err != nil || string(b) != want {
		t.Errorf("got %q, %v; want %q", b, err, want)
	}
	if x, ok := logged(t, d)[1].Value("kl"); !ok || !math.IsInf(x, -1) {
		t.Errorf("kl is %v, %v", x, ok)
	}
	if _, ok := logged(t, d)[1].Value("none"); ok {
		t.Error("found a figure that was not logged")
	}
}

func TestLogRefusesNamesThatAreNotOne(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	for _, fields := range [][]Field{{{"step", 1}}, {{"", 1}}, {{"a", 1}, {"a", 2}}, {{"\xff", 1}}} {
		if err := d.Log(1, fields...); err == nil {
			t.Errorf("logged %v", fields)
		}
	}
	if err := d.Log(-1); err == nil {
		t.Error("logged the step -1")
	}
	if got := logged(t, d); len(got) != 0 {
		t.Errorf("logged %v", got)
	}
}

// A run stops after its checkpoint at step 2, with a last line that was torn; resumed from
// there, its log is that of a run that never stopped.
func TestResumeContinuesTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	for step := 1; step <= 4; step++ {
		if err := d.Log(step, Field{"loss", float64(step)}); err != nil {
			t.Fatal(err)
		}
	}
	d.Close()
	f, err := os.OpenFile(filepath.Join(path, MetricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"step":5,"lo`)
	f.Close()

	d, err = Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := logged(t, d); len(got) != 4 {
		t.Errorf("a torn line was read: %v", got)
	}
	if err := d.TrimLog(2); err != nil {
		t.Fatal(err)
	}
	for step := 3; step <= 5; step++ {
		if err := d.Log(step, Field{"loss", float64(step)}); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range logged(t, d) {
		if want := (Entry{i + 1, []Field{{"loss", float64(i + 1)}}}); !cmp.Equal(e, want) {
			t.Errorf("line %d is %v, want %v", i+1, e, want)
		}
	}
	if n := len(logged(t, d)); n != 5 {
		t.Errorf("%d lines, want 5", n)
	}
	if err := d.TrimLog(1); err != nil { // in the middle of a run too
		t.Fatal(err)
	}
	if err := d.Log(2); err != nil || len(logged(t, d)) != 2 {
		t.Errorf("after trimming while open: %v, %v", logged(t, d), err)
	}
}

// Who forgets to trim gets no line glued to a torn one.
func TestLogCutsATornLine(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	write(t, d.Path(MetricsFile), "{\"step\":1}\n{\"st")
	if err := d.Log(2); err != nil {
		t.Fatal(err)
	}
	if got := logged(t, d); len(got) != 2 || got[1].Step != 2 {
		t.Errorf("got %v", got)
	}
}

func TestSaveKeepsTheLinesBeforeIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	if err := errors.Join(d.Log(1), d.Save(sample()), d.Log(2)); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path) // what another process would find if this one died here
	if err != nil {
		t.Fatal(err)
	}
	if got := logged(t, r); len(got) != 1 || got[0].Step != 1 {
		t.Errorf("got %v, want step 1 alone", got)
	}
}

// TestALogThatCannotBeRead is an error, not an empty log.
func TestALogThatCannotBeRead(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	if got, err := d.ReadLog(); got == nil || len(got) != 0 || err != nil {
		t.Errorf("without a log: %v, %v", got, err)
	}
	if err := os.Mkdir(d.Path(MetricsFile), 0o777); err != nil {
		t.Fatal(err)
	}
	if got, err := d.ReadLog(); err == nil {
		t.Errorf("of a folder in its place: %v", got)
	}
	if err := d.TrimLog(0); err == nil {
		t.Error("a folder in its place was trimmed")
	}
}

func TestADamagedLogIsCorrupt(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	for _, line := range []string{"", "{}", "{} {}", "null", "[]", "1", `{"step":1} 2`, `{"step":1.5}`, `{"step":"1"}`, `{"step":-1}`, `{"loss":1,"step":1}`,
		`{"step":1,"a":1,"a":2}`, `{"step":1,"a":null}`, `{"step":1,"a":"big"}`, `{"step":1,"a":[1]}`, `{"step":1,"a":1e999}`, `{"step":99999999999999999999}`, `{"step":1`, "{\"step\":1,\"\xff\":1}"} {
		write(t, d.Path(MetricsFile), "{\"step\":0}\n"+line+"\n{\"step\":3}\n")
		var ce *CorruptError
		if got, err := d.ReadLog(); !errors.As(err, &ce) || ce.Path != d.Path(MetricsFile) || !strings.Contains(ce.Reason, "line 2") {
			t.Errorf("%s: got %v, %v", line, got, err)
		}
		if err := d.TrimLog(0); !errors.As(err, &ce) {
			t.Errorf("%s: trimmed, %v", line, err)
		}
	}
}

// TestFormerNames: a metric of an earlier version has its present name, and is found by its former one.
func TestFormerNames(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	if err := d.Log(10, Field{"critic", 2}, Field{"wasserstein", 0.5}); err != nil {
		t.Fatal(err)
	}
	e := logged(t, d)[0]
	if e.Fields[1].Name != "w1_estimate" {
		t.Errorf("the name of the metric is %q", e.Fields[1].Name)
	}
	for _, name := range []string{"wasserstein", "w1_estimate"} {
		if v, ok := e.Value(name); !ok || v != 0.5 {
			t.Errorf("%s: %v, %v", name, v, ok)
		}
	}
}
