package stage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// Limits of a stage. They keep a mistyped number from taking the memory of the machine.
const (
	MaxModels  = 8
	MaxPoints  = 20000
	MinPoints  = 20
	MaxSamples = 2000
	MaxBody    = 4 << 20 // bytes of a request
	maxSeed    = 1 << 53 // beyond it a number of JSON is not exact in a browser
	maxLabel   = 31
	maxAbs     = 1e6

	// DefaultSamples is the number of samples that a panel shows unless the settings say otherwise.
	DefaultSamples = 600
)

// most are the largest values of settings on a stage, by key.
var most = map[string]float64{
	"hidden": 1024, "layers": 64, "depth": 32, "batch": 16384, "centres": 20000, "context": 1024, "latent": 64, "features": 1024,
	"latent-features": 1024, "critic-steps": 50, "samples": 64, "bins": 200, "steps": 10_000_000,
}

// Settings are all that determines the numbers of a stage.
type Settings struct {
	Data    Data    `json:"data"`
	Seed    uint64  `json:"seed"`
	Samples int     `json:"samples,omitempty"` // shown in each panel
	Models  []Model `json:"models"`
}

// With returns the model with another value of a setting of training or of an option of sampling.
func (m Model) With(key, value string) Model {
	of := &m.Set
	if samplesBy(m.Model, key) || key == "label" {
		of = &m.Sampling
	}
	all := map[string]string{key: value}
	for k, v := range *of {
		if k != key {
			all[k] = v
		}
	}
	*of = all
	return m
}

// Validate returns what is wrong with settings, as an [InvalidError]; nil if they are valid. files are the datasets
// file:PATH that they may name.
func Validate(s Settings, files []string) error {
	if wrong := check(s, files); len(wrong) > 0 {
		return wrong
	}
	return nil
}

// Data are the points that the models learn: a dataset of a name, or points of the client.
type Data struct {
	Name   string       `json:"name,omitempty"`
	Points [][2]float64 `json:"points,omitempty"`
	Labels []int        `json:"labels,omitempty"` // of each point; nil: none
}

// Model is a model with the settings that differ from its defaults.
type Model struct {
	Model    string            `json:"model"`
	Set      map[string]string `json:"set,omitempty"`      // of training
	Sampling map[string]string `json:"sampling,omitempty"` // of sampling
}

// FieldError says what is wrong with a setting.
type FieldError struct {
	Panel   int    `json:"panel"` // index of the model, -1 for data, seed and samples
	Key     string `json:"key"`
	Message string `json:"message"`
}

// InvalidError lists what is wrong with settings.
type InvalidError []FieldError

func (e InvalidError) Error() string {
	if e[0].Key == "" {
		return e[0].Message
	}
	return e[0].Key + ": " + e[0].Message
}

// Decode returns the settings of a JSON text. It fails for unknown members.
func Decode(text []byte) (s Settings, err error) {
	if err := strict(text, &s); err != nil {
		return s, fmt.Errorf("the settings are not valid: %w", err)
	}
	if s.Samples == 0 {
		s.Samples = DefaultSamples
	}
	return s, nil
}

// strict decodes JSON without unknown members or a second value.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more than one value")
	}
	return nil
}

// check returns what is wrong with the settings that are not of one model.
func (s Settings) check(files []string) (wrong InvalidError) {
	add := func(key, format string, args ...any) {
		wrong = append(wrong, FieldError{-1, key, fmt.Sprintf(format, args...)})
	}
	if s.Seed > maxSeed {
		add("seed", "the seed is %d, but must be at most 2^53", s.Seed)
	}
	if s.Samples < 1 || s.Samples > MaxSamples {
		add("samples", "%d samples are shown, but the number must be 1 to %d", s.Samples, MaxSamples)
	}
	if n := len(s.Models); n < 1 || n > MaxModels {
		add("models", "there are %d models, but a stage shows 1 to %d", n, MaxModels)
	}
	if s.Data.Points == nil {
		if s.Data.Labels != nil {
			add("data", "there are labels without points")
		} else if strings.HasPrefix(s.Data.Name, datasets.FilePrefix) {
			if !slices.Contains(files, s.Data.Name) {
				add("data", "a page cannot open files: drop the file on the page, or start genlab live with --data '%s'", s.Data.Name)
			}
		} else if err := suggest.Name("dataset", s.Data.Name, dataNames()); err != nil {
			add("data", "%v", err)
		}
		return wrong
	}
	if n := len(s.Data.Points); n < MinPoints || n > MaxPoints {
		add("data", "there are %d points, but a stage takes %d to %d", n, MinPoints, MaxPoints)
	}
	if s.Data.Labels != nil && len(s.Data.Labels) != len(s.Data.Points) {
		add("data", "there are %d labels for %d points", len(s.Data.Labels), len(s.Data.Points))
	}
	for i, p := range s.Data.Points {
		if !(math.Abs(p[0]) <= maxAbs && math.Abs(p[1]) <= maxAbs) {
			add("data", "point %d is (%g, %g), but coordinates must be within %g", i+1, p[0], p[1], float64(maxAbs))
			break
		}
	}
	if i := slices.IndexFunc(s.Data.Labels, func(k int) bool { return k < 0 || k > maxLabel }); i >= 0 {
		add("data", "label %d of point %d is not one of 0 to %d", s.Data.Labels[i], i+1, maxLabel)
	}
	return wrong
}

// dataNames returns the names of the datasets that a page may choose.
func dataNames() []string {
	names := datasets.Names()
	for _, d := range datasets.More() {
		names = append(names, d.Name)
	}
	return names
}

// job returns the job of a model on the data of a name, and what is wrong with its settings.
func (m Model) job(panel int, data string, seed uint64) (registry.Job, InvalidError) {
	fail := func(key string, err error) (registry.Job, InvalidError) {
		text := err.Error()
		var of *config.Error
		if errors.As(err, &of) {
			text = of.Msg
		}
		return nil, InvalidError{{panel, key, text}}
	}
	of, err := models.All.Named(m.Model)
	if err != nil {
		return fail("", err)
	}
	j := of.Job(data, false)
	var wrong InvalidError
	for _, key := range slices.Sorted(mapKeys(m.Set)) {
		value := m.Set[key]
		if slices.Contains([]string{"model", "data", "seed", "test"}, key) {
			wrong = append(wrong, FieldError{panel, key, "it belongs to the stage, not to a model"})
		} else if err := config.Set(j.Settings(), key, value); err != nil {
			_, one := fail(key, err)
			wrong = append(wrong, one...)
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	if err := config.Set(j.Settings(), "seed", fmt.Sprint(seed)); err != nil {
		return fail("seed", err)
	}
	for _, f := range registry.Fields(j) {
		var v float64
		switch {
		case f.Value.CanInt():
			v = float64(f.Value.Int())
		case f.Value.CanFloat():
			v = f.Value.Float()
		}
		if limit, ok := most[f.Key]; ok && v > limit {
			wrong = append(wrong, FieldError{panel, f.Key, fmt.Sprintf("%s is %v, but a stage takes at most %.0f: use genlab train for more", f.Key, f.Value, limit)})
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	if err := j.Validate(); err != nil {
		return fail(keyOf(err, registry.Fields(j)), err)
	}
	return j, nil
}

// keyOf returns the setting that a message is about: one that its first word names.
func keyOf(err error, fields []config.Field) string {
	var of *config.Error
	if errors.As(err, &of) && of.Key != "" {
		return of.Key
	}
	text := err.Error()
	text = text[strings.Index(text, ": ")+1:] // "train: lr is"
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	for _, candidate := range []string{first, firstWord(err.Error())} {
		if slices.ContainsFunc(fields, func(f config.Field) bool { return f.Key == candidate }) {
			return candidate
		}
	}
	return ""
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}
