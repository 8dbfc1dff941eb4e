package config

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"genlab/internal/suggest"
)

// shape is a typed choice whose own error must survive.
type shape int

var shapes = []string{"linear", "cosine"}

func (s shape) MarshalText() ([]byte, error) { return []byte(shapes[s]), nil }

func (s *shape) UnmarshalText(b []byte) error {
	*s = 1 // a failing choice may leave anything behind
	if err := suggest.Name("schedule", string(b), shapes); err != nil {
		return err
	}
	*s = shape(slices.Index(shapes, string(b)))
	return nil
}

type common struct {
	Data string `yaml:"data" help:"what to fit"`
	Seed uint64 `yaml:"seed" help:"of every stream"`
}

type settings struct {
	LR       float64       `yaml:"lr" help:"learning rate"`
	Common   common        `yaml:",inline"`
	Hidden   int           `yaml:"hidden" help:"width,\nin units"`
	Tiny     int8          `yaml:"tiny"`
	Small    uint8         `yaml:"small"`
	Decay    float32       `yaml:"weight-decay"`
	Smoke    bool          `yaml:"smoke"`
	Budget   time.Duration `yaml:"budget"`
	Schedule shape         `yaml:"schedule"`
	Skipped  []int         `yaml:"-"`
	private  int
}

func defaults() settings {
	return settings{LR: 1e-3, Common: common{"moons", 1}, Hidden: 128, Budget: time.Minute, private: 7}
}

func TestFieldsDescribeTheStruct(t *testing.T) {
	cfg := defaults()
	var got [][4]string
	for _, f := range Fields(&cfg) {
		got = append(got, [4]string{f.Key, f.Type, f.Default, f.Help})
	}
	want := [][4]string{
		{"lr", "float", "0.001", "learning rate"},
		{"data", "string", "moons", "what to fit"},
		{"seed", "uint", "1", "of every stream"},
		{"hidden", "int", "128", "width,\nin units"},
		{"tiny", "int", "0", ""},
		{"small", "uint", "0", ""},
		{"weight-decay", "float", "0", ""},
		{"smoke", "bool", "false", ""},
		{"budget", "duration", "1m0s", ""},
		{"schedule", "shape", "linear", ""},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFieldsPanicOnAStructThatBreaksTheRules(t *testing.T) {
	for _, cfg := range []any{
		nil, 1, settings{}, (*settings)(nil),
		&struct{ NoKey int }{},
		&struct {
			A int `yaml:"Not_Kebab"`
		}{},
		&struct {
			A int `yaml:"a"`
			B int `yaml:"a"`
		}{},
		&struct {
			a int `yaml:"a"`
		}{},
		&struct {
			A []int `yaml:"a"`
		}{},
		&struct {
			A common `yaml:"a"`
		}{},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "config: ") {
					t.Errorf("%T: recovered %v, want a panic of this package", cfg, r)
				}
			}()
			Fields(cfg)
		}()
	}
}

func TestYAMLSetsWhatItNames(t *testing.T) {
	for _, c := range []struct {
		text string
		want func(*settings)
	}{
		{"", func(*settings) {}},
		{"# only a comment\n", func(*settings) {}},
		{"---\nlr: 1e-3\n", func(s *settings) { s.LR = 0.001 }},
		{"\ufefflr: 0.5\r\nseed: 2\r\n", func(s *settings) { s.LR = 0.5; s.Common.Seed = 2 }},
		{"lr: 5 # five\n", func(s *settings) { s.LR = 5 }},
		{"data: 8gaussians", func(s *settings) { s.Common.Data = "8gaussians" }},
		{"data: 12\n", func(s *settings) { s.Common.Data = "12" }},
		{`data: "file:/a/b \u00e9\n.csv"`, func(s *settings) { s.Common.Data = "file:/a/b é\n.csv" }},
		{"data: 'it''s'\n", func(s *settings) { s.Common.Data = "it's" }},
		{"data: \"\"\n", func(s *settings) { s.Common.Data = "" }},
		{"seed: 18446744073709551615", func(s *settings) { s.Common.Seed = math.MaxUint64 }},
		{"tiny: -128\nsmall: 255\n", func(s *settings) { s.Tiny, s.Small = -128, 255 }},
		{"smoke: true\nbudget: 1h30m\nschedule: cosine\n", func(s *settings) {
			s.Smoke, s.Budget, s.Schedule = true, 90*time.Minute, 1
		}},
	} {
		got, want := defaults(), defaults()
		c.want(&want)
		if err := DecodeYAML("f.yaml", []byte(c.text), &got); err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", c.text, got, want)
		}
	}
}

// Each text must fail at its place, say the right thing, and leave the struct alone, though
// the first line of most would have changed it.
func TestYAMLRefuses(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		says         []string
	}{
		{"seed: 9\nhiden: 3\n", 2, 1, []string{`"hiden"`, `did you mean "hidden"`, "weight-decay"}},
		{"seed: 9\nlr: 1\nseed: 8\n", 3, 1, []string{"seed", "already"}},
		{"seed: 9\n\"se\\u0065d\": 8\n", 2, 1, []string{"seed", "already"}},
		{"seed: 9\nhidden:  1.5\n", 2, 10, []string{"hidden: ", "whole number", "1.5"}},
		{"seed: 9\nhidden: 1e4\n", 2, 9, []string{"whole number"}},
		{"seed: 9\nhidden: 0x10\n", 2, 9, []string{"whole number"}},
		{"seed: 9\nhidden: 1_000\n", 2, 9, []string{"whole number"}},
		{"seed: 9\nhidden: many\n", 2, 9, []string{"whole number"}},
		{"seed: 9\nhidden: \"12\"\n", 2, 9, []string{"quotes"}},
		{"lr: 9\nseed: -1\n", 2, 7, []string{"seed: ", "between 0 and 18446744073709551615", "-1"}},
		{"lr: 9\nseed: 18446744073709551616\n", 2, 7, []string{"between 0 and"}},
		{"lr: 9\nsmall: 256\n", 2, 8, []string{"between 0 and 255"}},
		{"lr: 9\ntiny: 128\n", 2, 7, []string{"between -128 and 127"}},
		{"seed: 9\nlr: .nan\n", 2, 5, []string{"lr: ", "finite"}},
		{"seed: 9\nlr: -.Inf\n", 2, 5, []string{"finite"}},
		{"seed: 9\nlr: infinity\n", 2, 5, []string{"finite"}},
		{"seed: 9\nlr: 1e999\n", 2, 5, []string{"float64"}},
		{"seed: 9\nweight-decay: 1e39\n", 2, 15, []string{"float32"}},
		{"seed: 9\nlr: fast\n", 2, 5, []string{"number"}},
		{"seed: 9\nlr: 0x1p-2\n", 2, 5, []string{"number"}},
		{"seed: 9\nlr: '0.1'\n", 2, 5, []string{"quotes"}},
		{"seed: 9\nsmoke: yes\n", 2, 8, []string{"smoke: ", "true or false", "yes"}},
		{"seed: 9\nsmoke: 1\n", 2, 8, []string{"true or false"}},
		{"seed: 9\nbudget: 10\n", 2, 9, []string{"budget: ", "90s"}},
		{"seed: 9\nschedule: cosin\n", 2, 11, []string{"schedule: ", `did you mean "cosine"`, "linear"}},
		{"seed: 9\ndata:\n", 2, 1, []string{"data: ", "no value"}},
		{"seed: 9\ndata: ~\n", 2, 1, []string{"no value"}},
		{"seed: 9\nlr: null\n", 2, 1, []string{"no value"}},
		{"seed: 9\n---\nseed: 8\n", 2, 1, []string{"one document"}},
		{"seed: 9\n---\n", 2, 1, []string{"one document"}},
		{"---\n---\nseed: 8\n", 2, 1, []string{"one document"}},
		{"seed: 9\n...\nseed: 8\n", 2, 1, []string{"one document"}},
		{"seed: 9\nlr: &x 1\n", 2, 5, []string{"anchors"}},
		{"seed: 9\nlr: *x\n", 2, 5, []string{"aliases"}},
		{"seed: 9\n<<: 1\n", 2, 1, []string{"merge keys"}},
		{"seed: 9\nlr: !!float 1\n", 2, 5, []string{"tags"}},
		{"%YAML 1.2\n---\nseed: 9\n", 1, 1, []string{"directives"}},
		{"seed: 9\ndata: |\n  x\n", 2, 7, []string{"block text"}},
		{"seed: 9\ndata: >\n  x\n", 2, 7, []string{"block text"}},
		{"seed: 9\ndata: [a]\n", 2, 7, []string{"lists"}},
		{"- seed\n", 1, 1, []string{"lists"}},
		{"seed: 9\ndata: {a: 1}\n", 2, 7, []string{"braces"}},
		{"{seed: 9}\n", 1, 1, []string{"braces"}},
		{"? seed\n: 9\n", 1, 1, []string{"complex keys"}},
		{"seed: 9\ndata:\n  lr: 1\n", 3, 5, []string{"nested"}},
		{"seed:9\n", 1, 1, []string{"space after the colon"}},
		{"seed: 9\nlr\n", 2, 1, []string{"not YAML"}},
		{"seed: 9\n\tlr: 1\n", 2, 1, []string{"not YAML", "cannot start"}},
		{"seed: 9\ndata: \"open\n", 2, 7, []string{"not YAML"}},
		{"seed: 9\ndata: a\xffb\n", 2, 8, []string{"0xff", "UTF-8"}},
		{"seed: 9\ndata: \u00e9\x00\n", 2, 8, []string{"U+0000"}},
		{strings.Repeat("#", 64<<10) + "\n", 0, 0, []string{"64 KB"}},
	} {
		cfg := defaults()
		err := DecodeYAML("f.yaml", []byte(c.text), &cfg)
		text := c.text[:min(len(c.text), 60)]
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want an *Error", text, err)
			continue
		}
		if e.Line != c.line || e.Column != c.column {
			t.Errorf("%q: at %d:%d, want %d:%d (%v)", text, e.Line, e.Column, c.line, c.column, err)
		}
		place := "f.yaml: "
		if c.line > 0 {
			place = fmt.Sprintf("f.yaml:%d:%d: ", c.line, c.column)
		}
		for _, want := range append(c.says, place) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %q does not say %q", text, err, want)
			}
		}
		if !reflect.DeepEqual(cfg, defaults()) {
			t.Errorf("%q: changed the struct to %+v", text, cfg)
		}
	}
}

func TestReadYAML(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.yaml")
	if err := os.WriteFile(path, []byte("lr: 0.25\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	if err := ReadYAML(path, &cfg); err != nil || cfg.LR != 0.25 {
		t.Errorf("got lr %v, %v", cfg.LR, err)
	}
	for _, bad := range []string{filepath.Join(dir, "none.yaml"), dir} {
		var e *Error
		if err := ReadYAML(bad, &cfg); !errors.As(err, &e) || e.Source != bad {
			t.Errorf("%s: got %v, want an *Error with the path", bad, err)
		}
	}
	if err := ReadYAML(filepath.Join(dir, "none.yaml"), &cfg); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestTheErrorOfAChoiceStaysInside(t *testing.T) {
	cfg := defaults()
	lookup := func(string) (string, bool) { return "cosin", true }
	for name, err := range map[string]error{
		"yaml": DecodeYAML("f", []byte("schedule: cosin"), &cfg),
		"set":  Set(&cfg, "schedule", "cosin"),
		"env": Env("X_", lookup, &struct {
			S shape `yaml:"schedule"`
		}{}),
	} {
		var e *Error
		var u *suggest.Error
		if !errors.As(err, &e) || !errors.As(err, &u) || u.Kind != "schedule" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !reflect.DeepEqual(cfg, defaults()) {
		t.Errorf("a failed choice changed the struct: %+v", cfg)
	}
}

func TestEnv(t *testing.T) {
	env := map[string]string{"GENLAB_LR": "0.5", "GENLAB_WEIGHT_DECAY": "0.1", "GENLAB_DATA": "", "LR": "7"}
	lookup := func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	cfg := defaults()
	if err := Env("GENLAB_", lookup, &cfg); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.LR, want.Decay, want.Common.Data = 0.5, 0.1, ""
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v, want %+v", cfg, want)
	}

	env["GENLAB_WEIGHT_DECAY"] = "heavy"
	cfg = defaults()
	var e *Error
	err := Env("GENLAB_", lookup, &cfg)
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "GENLAB_WEIGHT_DECAY: must be") {
		t.Errorf("got %v", err)
	}
	if !reflect.DeepEqual(cfg, defaults()) {
		t.Errorf("a failed Env changed the struct: %+v", cfg)
	}
}

func TestUnknownEnv(t *testing.T) {
	environ := []string{"GENLAB_LR=1", "GENLAB_WEIGHT_DECY=1", "GENLAB_OUT=x", "GENLAB_ZEBRA=2", "PATH=/bin", "GENLAB_QQ=1"}
	got := UnknownEnv("GENLAB_", environ, new(settings), "GENLAB_OUT")
	want := []string{
		"unknown environment variable GENLAB_WEIGHT_DECY: did you mean GENLAB_WEIGHT_DECAY?",
		"unknown environment variable GENLAB_ZEBRA",
	}
	if len(got) != 3 || !slices.Equal(got[:2], want) || !strings.Contains(got[2], "GENLAB_QQ") {
		t.Errorf("got %q", got)
	}
}

func TestSet(t *testing.T) {
	cfg := defaults()
	for key, value := range map[string]string{"lr": "2e-4", "data": "rings: #1", "hidden": "+3", "seed": "+4", "smoke": "true", "budget": "3s", "schedule": "cosine"} {
		if err := Set(&cfg, key, value); err != nil {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
	want := settings{LR: 2e-4, Common: common{"rings: #1", 4}, Hidden: 3, Smoke: true, Budget: 3 * time.Second, Schedule: 1, private: 7}
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v, want %+v", cfg, want)
	}
	err := Set(&cfg, "hiden", "3")
	if err == nil || !strings.Contains(err.Error(), `did you mean "hidden"`) {
		t.Errorf("an unknown key: %v", err)
	}
	for _, c := range [][2]string{{"hidden", "1.5"}, {"lr", "NaN"}, {"lr", ""}, {"data", "\xff"}, {"seed", "-"}, {"seed", ""}, {"seed", "-x"}} {
		var e *Error
		if err := Set(&cfg, c[0], c[1]); !errors.As(err, &e) || e.Key != c[0] || !strings.HasPrefix(err.Error(), c[0]+": ") {
			t.Errorf("%s=%q: %v", c[0], c[1], err)
		}
	}
}

func TestMarshalIsReadable(t *testing.T) {
	cfg := defaults()
	cfg.LR, cfg.Common.Data = 1e-5, "file:/a b.csv"
	got, err := Marshal(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := `# learning rate
lr: 1.0e-05
# what to fit
data: "file:/a b.csv"
# of every stream
seed: 1
# width,
# in units
hidden: 128
tiny: 0
small: 0
weight-decay: 0
smoke: false
budget: 1m0s
schedule: linear
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}

func TestMarshalRefusesWhatCannotBeRead(t *testing.T) {
	for _, change := range []func(*settings){
		func(s *settings) { s.LR = math.NaN() },
		func(s *settings) { s.Decay = float32(math.Inf(1)) },
		func(s *settings) { s.Common.Data = "\xff" },
	} {
		cfg := defaults()
		change(&cfg)
		var e *Error
		if b, err := Marshal(&cfg); !errors.As(err, &e) {
			t.Errorf("wrote %q, %v", b, err)
		}
	}
}

// Marshal then DecodeYAML is the identity, and so is each field's text through Set.
func TestRoundTrip(t *testing.T) {
	finite := rapid.Custom(func(t *rapid.T) float64 {
		x := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return math.Copysign(0, -1)
		}
		return x
	})
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~\n\t]{0,12}`),
		rapid.SampledFrom([]string{"null", "~", "Yes", "1e5", "1_0", "0x1F", "- a", "#", " a", "a ", "a: b", "&x", "*x", "!t", "\"", "'", "%", "---", "\u2028", "\u0085", "\ufeff", "\r\n", "8gaussians", "é"}))
	rapid.Check(t, func(t *rapid.T) {
		in := settings{
			LR:       finite.Draw(t, "lr"),
			Common:   common{text.Draw(t, "data"), rapid.Uint64().Draw(t, "seed")},
			Hidden:   rapid.Int().Draw(t, "hidden"),
			Tiny:     rapid.Int8().Draw(t, "tiny"),
			Small:    rapid.Uint8().Draw(t, "small"),
			Decay:    rapid.Float32().Draw(t, "decay"),
			Smoke:    rapid.Bool().Draw(t, "smoke"),
			Budget:   time.Duration(rapid.Int64().Draw(t, "budget")),
			Schedule: shape(rapid.IntRange(0, 1).Draw(t, "schedule")),
		}
		if math.IsInf(float64(in.Decay), 0) {
			in.Decay = 0
		}
		b, err := Marshal(&in)
		if err != nil {
			t.Fatal(err)
		}
		var out settings
		if err := DecodeYAML("f", b, &out); err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		if !reflect.DeepEqual(in, out) || math.Signbit(in.LR) != math.Signbit(out.LR) {
			t.Fatalf("%+v became %+v through\n%s", in, out, b)
		}
		out = settings{}
		for _, f := range Fields(&in) {
			if err := Set(&out, f.Key, f.Default); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("%+v became %+v through Set", in, out)
		}
	})
}

// Whatever is read is either refused, with the struct left alone, or survives being written
// and read again.
func FuzzDecodeYAML(f *testing.F) {
	for _, s := range []string{
		"lr: 1e-3\nhidden: 3 # c\n", "---\ndata: \"\\u00e9\"\n", "a: &x [*x, {<<: 1}]\n", "data: |\n  x\n",
		"seed: 1\n...\n%YAML 1\n", "data: 'it''s'\n", "data: a\n  b\n", "? a\n: b\n", "smoke: true\nschedule: cosine\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg := defaults()
		if err := DecodeYAML("f", data, &cfg); err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) {
				t.Fatalf("%T", err)
			}
			if !reflect.DeepEqual(cfg, defaults()) {
				t.Fatal("an error changed the struct")
			}
			return
		}
		b, err := Marshal(&cfg)
		if err != nil {
			t.Fatal(err)
		}
		again := defaults()
		if err := DecodeYAML("f", b, &again); err != nil || !reflect.DeepEqual(cfg, again) {
			t.Fatalf("%v: %+v became %+v", err, cfg, again)
		}
	})
}
