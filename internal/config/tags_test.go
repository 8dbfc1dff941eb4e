package config

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// colour is a choice that needs no more than its names.
type colour string

func (colour) Choices() []string { return []string{"red", "green"} }

type paint struct {
	Layers int     `yaml:"layers" default:"2" range:"[1, 64]" help:"layers" group:"wall" main:""`
	Waves  int     `yaml:"waves" default:"4" range:"[2, inf) even" aliases:"ripples,old-waves"`
	Gloss  float64 `yaml:"gloss" default:"0.5" range:"[0, 1)"`
	Colour colour  `yaml:"colour" default:"green" help:"colour"`
}

type house struct {
	Paint paint  `yaml:",inline" default:"layers=3 colour=red"`
	Name  string `yaml:"name"`
	Area  uint   `yaml:"area" default:"70" range:"(0, inf)"`
}

type street struct {
	House house `yaml:",inline" default:"layers=5 area=90" main:"area waves"`
}

func TestDefaultsAndOverrides(t *testing.T) {
	if got, want := Default[paint](), (paint{2, 4, 0.5, "green"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := Default[house](), (house{paint{3, 4, 0.5, "red"}, "", 70}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := Default[street](), (street{house{paint{5, 4, 0.5, "red"}, "", 90}}); got != want {
		t.Errorf("got %+v, want %+v: the outermost override wins", got, want)
	}
}

// TestAbsent: saved settings without a key mean what its absent tag says, whatever the default is.
func TestAbsent(t *testing.T) {
	type grown struct {
		Layers int  `yaml:"layers" default:"2"`
		Extra  bool `yaml:"extra" default:"true" absent:"false"`
	}
	c := Default[grown]()
	SetAbsent(&c)
	if err := DecodeYAML("old.yaml", []byte("layers: 3\n"), &c); err != nil || c != (grown{3, false}) {
		t.Errorf("an old file: %+v, %v", c, err)
	}
	c = Default[grown]()
	SetAbsent(&c)
	if err := DecodeYAML("new.yaml", []byte("extra: true\n"), &c); err != nil || c != (grown{2, true}) {
		t.Errorf("a new file: %+v, %v", c, err)
	}
}

// TestMainOverride: the main tag of an inlined struct replaces those within it.
func TestMainOverride(t *testing.T) {
	s := Default[street]()
	var main []string
	for _, f := range Fields(&s) {
		if f.Main {
			main = append(main, f.Key)
		}
	}
	if want := []string{"waves", "area"}; !reflect.DeepEqual(main, want) {
		t.Errorf("main settings %q, want %q", main, want)
	}
}

func TestTagsOfTheProgrammer(t *testing.T) {
	for what, do := range map[string]func(){
		"no interval": func() {
			Fields(&struct {
				A int `yaml:"a" range:"1..3"`
			}{})
		},
		"an interval backwards": func() {
			Fields(&struct {
				A int `yaml:"a" range:"[3, 1]"`
			}{})
		},
		"an alias that is a key": func() {
			Fields(&struct {
				A int `yaml:"a" aliases:"b"`
				B int `yaml:"b"`
			}{})
		},
		"a default that is none": func() {
			Default[struct {
				A int `yaml:"a" default:"many"`
			}]()
		},
		"a main setting that is none": func() {
			Fields(&struct {
				P paint `yaml:",inline" main:"layer"`
			}{})
		},
		"an override of nothing": func() {
			Default[struct {
				P paint `yaml:",inline" default:"layer=1"`
			}]()
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is accepted", what)
				}
			}()
			do()
		}()
	}
}

func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		text  string
		float bool
		words string
		in    []float64
		out   []float64
	}{
		{"[1, 1048576]", false, "1 to 1048576", []float64{1, 1048576}, []float64{0, 1048577}},
		{"[1, inf)", false, "at least 1", []float64{1, 1e9}, []float64{0, -1}},
		{"(0, inf)", true, "above 0", []float64{1e-300, 1e300}, []float64{0, -1, math.Inf(1), math.NaN()}},
		{"[0, 1)", true, "in [0, 1)", []float64{0, 0.999}, []float64{1, -1e-9}},
		{"(0.002, 100]", true, "in (0.002, 100]", []float64{0.0021, 100}, []float64{0.002, 101}},
		{"[2, 64] even", false, "even, 2 to 64", []float64{2, 64}, []float64{1, 3, 65}},
		{"[3, inf) odd", false, "odd, at least 3", []float64{3, 35}, []float64{1, 4}},
	} {
		r, err := parseInterval(c.text)
		if err != nil || r.words(c.float) != c.words {
			t.Errorf("%s reads %q, want %q (%v)", c.text, r.words(c.float), c.words, err)
		}
		for _, x := range c.in {
			if !r.has(reflect.ValueOf(x)) {
				t.Errorf("%v is not in %s", x, c.text)
			}
		}
		for _, x := range c.out {
			if r.has(reflect.ValueOf(x)) {
				t.Errorf("%v is in %s", x, c.text)
			}
		}
	}
}

func TestCheckNamesTheFirstField(t *testing.T) {
	for want, change := range map[string]func(*house){
		"":                                      func(*house) {},
		"layers is 0, but must be 1 to 64":      func(h *house) { h.Paint.Layers, h.Area = 0, 0 },
		"waves is 3, but must be even, at leas": func(h *house) { h.Paint.Waves = 3 },
		"gloss is 1, but must be in [0, 1)":     func(h *house) { h.Paint.Gloss = 1 },
		"area is 0, but must be above 0":        func(h *house) { h.Area = 0 },
		`unknown colour "blue"`:                 func(h *house) { h.Paint.Colour = "blue" },
	} {
		h := Default[house]()
		change(&h)
		if err := Check(&h); want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	h := Default[house]()
	var got []string
	for _, f := range Fields(&h) {
		got = append(got, f.Describe())
	}
	want := []string{"layers (1 to 64; default 3)", "(even, at least 2; default 4)", "(in [0, 1); default 0.5)", "colour (red, green; default red)", "", "(above 0; default 70)"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f := Fields(&h)[0]; !f.Main || f.Group != "wall" || Fields(&h)[1].Main {
		t.Errorf("the tags of %+v are lost", f)
	}
	text, err := Marshal(&h)
	if err != nil || !strings.HasPrefix(string(text), "# layers (1 to 64)\nlayers: 3\n# (even, at least 2)\nwaves: 4\n") {
		t.Errorf("wrote %s (%v)", text, err)
	}
}

func TestAliases(t *testing.T) {
	h := Default[house]()
	if err := DecodeYAML("f", []byte("ripples: 6\n"), &h); err != nil || h.Paint.Waves != 6 {
		t.Errorf("waves is %d after its alias: %v", h.Paint.Waves, err)
	}
	if err := Set(&h, "old-waves", "8"); err != nil || h.Paint.Waves != 8 {
		t.Errorf("waves is %d after its alias: %v", h.Paint.Waves, err)
	}
	env := map[string]string{"X_RIPPLES": "10"}
	lookup := func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	if err := Env("X_", lookup, &h); err != nil || h.Paint.Waves != 10 {
		t.Errorf("waves is %d after its alias: %v", h.Paint.Waves, err)
	}
	if unknown := UnknownEnv("X_", []string{"X_OLD_WAVES=1"}, &h); len(unknown) > 0 {
		t.Errorf("got %q of an alias", unknown)
	}
	if text, _ := Marshal(&h); !strings.Contains(string(text), "\nwaves: 10\n") {
		t.Errorf("wrote %s", text)
	}
	env["X_WAVES"] = "2"
	for _, err := range []error{DecodeYAML("f", []byte("layers: 1\nwaves: 2\nripples: 4\n"), &h), Env("X_", lookup, &h)} {
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "ripples") || !strings.Contains(strings.ToLower(err.Error()), "waves, which is set too") {
			t.Errorf("a key and its alias: %v", err)
		}
	}
	if h.Paint.Waves != 10 || h.Paint.Layers != 3 {
		t.Errorf("a failure leaves %+v", h)
	}
}

func TestAChoiceOfKindString(t *testing.T) {
	h := Default[house]()
	if err := DecodeYAML("f", []byte("colour: gren\n"), &h); err == nil || !strings.Contains(err.Error(), `did you mean "green"`) {
		t.Errorf("got %v", err)
	}
	if f := Fields(&h)[3]; f.Type != "colour" || !reflect.DeepEqual(f.Choices, []string{"red", "green"}) {
		t.Errorf("got %+v", f)
	}
}
