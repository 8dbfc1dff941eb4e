package train

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// line is a model of one layer.
type line struct {
	params nn.Params
	dense  nn.Dense
}

func newLine() *line {
	l := new(line)
	l.dense = nn.NewDense(&l.params, "layer", 2, 3, nn.Identity, nn.Xavier, rand.New(rand.NewPCG(1, 2)))
	return l
}

func (l *line) Parameters() *nn.Params { return &l.params }
func (l *line) Fixed() []checkpoint.Tensor {
	return []checkpoint.Tensor{{Name: "scale/shift", Shape: []int{1}, Data: []float32{3}}}
}

var settings = Settings{Steps: 40, Batch: 8, LR: 0.02, Warmup: 3, EMA: 0.9, Optimizer: nn.UseAdam, Beta1: 0.9, Beta2: 0.99, Clip: 1}

func newDescentOf(t *testing.T, s Settings) (*Descent[*line], *nn.Step) {
	t.Helper()
	m := newLine()
	d, err := NewDescent(s, m, newLine())
	if err != nil {
		t.Fatal(err)
	}
	step, err := nn.NewStep(&m.params, s.Batch, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.Mean(nn.Square(m.dense.Apply(g, g.Input("x", 2))))}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range step.Input("x") {
		step.Input("x")[i] = float32(i%5) - 2
	}
	return d, step
}

func update(t *testing.T, d *Descent[*line], step *nn.Step, n int) {
	t.Helper()
	for range n {
		if _, err := step.Gradient(); err != nil {
			t.Fatal(err)
		}
		d.Update(step)
	}
}

// TestPrecisionOfADescent: the model that is trained has that of the settings, its average float32.
func TestPrecisionOfADescent(t *testing.T) {
	s := settings
	s.Precision = nn.BFloat16
	d, _ := newDescentOf(t, s)
	if p := d.Model().params.Precision; p != nn.BFloat16 {
		t.Errorf("trained in %v", p)
	}
	if p := d.Average().params.Precision; p != nn.Float32 {
		t.Errorf("an average in %v", p)
	}
}

// TestAverageStartsAsTheModel, whatever its weights were.
func TestAverageStartsAsTheModel(t *testing.T) {
	m, average := newLine(), newLine()
	m.dense.W.Value[0] = 7
	d, err := NewDescent(settings, m, average)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Average().dense.W.Value; !slices.Equal(got, m.dense.W.Value) || &got[0] == &m.dense.W.Value[0] {
		t.Errorf("the average starts as %v, the model as %v", got, m.dense.W.Value)
	}
}

func names(all []checkpoint.Tensor) (list []string) {
	for _, s := range all {
		list = append(list, s.Name)
	}
	return list
}

// TestStateOfADescent: the names and the order are those of all checkpoints there are.
func TestStateOfADescent(t *testing.T) {
	d, _ := newDescentOf(t, settings)
	want := []string{
		"model/layer.weight", "model/layer.bias", "ema/layer.weight", "ema/layer.bias",
		"adam/m/layer.weight", "adam/v/layer.weight", "adam/m/layer.bias", "adam/v/layer.bias", "scale/shift",
	}
	if got := names(d.State()); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	plain, err := NewPlainDescent(settings, "critic", newLine())
	if err != nil {
		t.Fatal(err)
	}
	want = []string{
		"critic/layer.weight", "critic/layer.bias",
		"critic_adam/m/layer.weight", "critic_adam/v/layer.weight", "critic_adam/m/layer.bias", "critic_adam/v/layer.bias",
	}
	if got := names(plain.Moving()); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestDescentResumes to the same bits with each optimiser, and its average is what LoadAverage loads.
func TestDescentResumes(t *testing.T) {
	for _, name := range nn.OptimizerName("").Choices() {
		s := settings
		s.Optimizer = nn.OptimizerName(name)
		whole, step := newDescentOf(t, s)
		update(t, whole, step, 5)
		var saved []checkpoint.Tensor
		for _, x := range whole.State() {
			x.Data = slices.Clone(x.Data)
			saved = append(saved, x)
		}
		update(t, whole, step, 5)
		part, step := newDescentOf(t, s)
		if err := part.Restore(saved, 5); err != nil {
			t.Fatal(err)
		}
		update(t, part, step, 5)
		if part.Steps() != 10 {
			t.Errorf("%d steps", part.Steps())
		}
		for i, x := range whole.State() {
			if !slices.Equal(x.Data, part.State()[i].Data) {
				t.Errorf("%s: %s differs after resuming", name, x.Name)
			}
		}
		m := newLine()
		if err := LoadAverage(m, whole.State()); err != nil {
			t.Fatal(err)
		}
		if got, want := m.params.State("")[0].Data, whole.Average().params.State("")[0].Data; !slices.Equal(got, want) {
			t.Errorf("%s: loaded %v, the average is %v", name, got, want)
		}
		if err := LoadAverage(m, saved[2:]); err != nil {
			t.Errorf("the average alone: %v", err)
		}
		if LoadAverage(m, saved[:3]) == nil || part.Restore(saved[1:], 5) == nil {
			t.Error("a state with parts missing is loaded")
		}
	}
}

func TestSettingsThatContradict(t *testing.T) {
	if err := settings.Validate(); err != nil {
		t.Error(err)
	}
	if s := settings; true {
		if s.FinalLR = s.LR; s.Validate() != nil {
			t.Errorf("a constant learning rate: %v", s.Validate())
		}
	}
	for want, change := range map[string]func(*Settings){
		"final-lr is 0.5, but must be at most lr": func(s *Settings) { s.FinalLR = 0.5 },
		"choose optimizer adamw":                  func(s *Settings) { s.WeightDecay = 0.1 },
	} {
		s := settings
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if s := settings; s.Options() != (Options{Batch: 8, Steps: 40}) || s.rate().At(40) != 0 || s.rate().At(2) != 0.02 {
		t.Errorf("got %+v, %v", s.Options(), s.rate())
	}
}
