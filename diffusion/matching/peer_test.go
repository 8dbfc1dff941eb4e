package matching

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// peers are losses of other implementations on one batch and one set of weights, written by testdata/peer_loss.py.
type peers struct {
	Data, Noise, T, R, Frequencies []float64
	One, Two                       [][][]float64 // weight and bias of each layer of a network of one time, and of two
	Torchcfm                       float64
	FlowMatching                   float64 `json:"flow_matching"`
	Trigonometric                  float64
	TransportCost                  float64 `json:"transport_cost"`
	Transport                      []int
	Meanflow                       float64
	MeanflowError                  float64 `json:"meanflow_error"`
	Shortcut                       float64
}

const peerRows = 64

func readPeers(t *testing.T) (p peers) {
	t.Helper()
	b, err := os.ReadFile("testdata/peer_loss.json")
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var peerNetwork = NetworkConfig{Hidden: 8, Layers: 2, Activation: nn.SiLU, TimeFeatures: 4, Features: 3, FeatureScale: 3}

var unscaled = standardize.Map{Shift: []float64{0, 0}, Scale: []float64{1, 1}}

// load copies the weights of a peer.
func (p peers) load(t *testing.T, n *network, layers [][][]float64) {
	t.Helper()
	var saved []checkpoint.Tensor
	for i, live := range n.params.State("") {
		saved = append(saved, checkpoint.Tensor{Name: live.Name, Shape: live.Shape, Data: float32s(layers[i/2][i%2])})
	}
	fixed := n.Fixed()[0]
	if err := checkpoint.Copy(n.params.State(""), saved); err != nil {
		t.Fatal(err)
	}
	copy(fixed.Data, float32s(p.Frequencies))
}

func float32s(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-5*max(1, math.Abs(want))) {
		t.Errorf("%s: loss %.8f, the peer's is %.8f", what, got, want)
	}
}

// TestLossOfPeers: the loss of torchcfm and of flow_matching on the same batch and weights, along both paths.
func TestLossOfPeers(t *testing.T) {
	p := readPeers(t)
	for _, c := range []struct {
		path   PathName
		losses map[string]float64
	}{
		{"straight", map[string]float64{"torchcfm": p.Torchcfm, "flow_matching": p.FlowMatching}},
		{"trigonometric", map[string]float64{"flow_matching, trigonometric": p.Trigonometric}},
	} {
		cfg := DefaultConfig()
		cfg.Batch, cfg.NetworkConfig, cfg.Path = peerRows, peerNetwork, c.path
		m, err := New(cfg, unscaled, rand.New(rand.NewPCG(0, 0)))
		if err != nil {
			t.Fatal(err)
		}
		p.load(t, m.network, p.One)
		trainer, err := NewTrainer(m)
		if err != nil {
			t.Fatal(err)
		}
		losses, err := trainer.Fit(mat.NewDense(peerRows, 2, p.Data), mat.NewDense(peerRows, 2, p.Noise), p.T)
		if err != nil {
			t.Fatal(err)
		}
		for peer, want := range c.losses {
			near(t, peer, losses[0].Value, want)
		}
	}
}

// TestTransportOfPeers: the pairs and the cost of the exact plan of torchcfm, by POT.
func TestTransportOfPeers(t *testing.T) {
	p := readPeers(t)
	data, noise := mat.NewDense(peerRows, 2, p.Data), mat.NewDense(peerRows, 2, slices.Clone(p.Noise))
	Couple(data, noise, peerRows)
	var cost float64
	for i, j := range p.Transport {
		if noise.At(i, 0) != p.Noise[2*j] {
			t.Fatalf("row %d is not paired with row %d of the noise", i, j)
		}
		for k := range 2 {
			cost += (data.At(i, k) - noise.At(i, k)) * (data.At(i, k) - noise.At(i, k))
		}
	}
	if math.Abs(cost-p.TransportCost) > 1e-9*cost {
		t.Errorf("cost %v, the peer's is %v", cost, p.TransportCost)
	}
}

// TestFlowMapLossesOfPeers: the loss of MeanFlow by torch.func.jvp, and that of a shortcut over two steps, on the same
// batch and weights.
func TestFlowMapLossesOfPeers(t *testing.T) {
	p := readPeers(t)
	build := func(objective ObjectiveName) *FlowMapTrainer {
		cfg := DefaultFlowMap()
		cfg.Batch, cfg.NetworkConfig, cfg.Objective, cfg.Power = peerRows, peerNetwork, objective, 1
		m, err := NewFlowMap(cfg, unscaled, rand.New(rand.NewPCG(0, 0)))
		if err != nil {
			t.Fatal(err)
		}
		p.load(t, m.network, p.Two)
		trainer, err := NewFlowMapTrainer(m)
		if err != nil {
			t.Fatal(err)
		}
		return trainer
	}
	fit := func(trainer *FlowMapTrainer) []float64 {
		losses, err := trainer.Fit()
		if err != nil {
			t.Fatal(err)
		}
		return []float64{losses[0].Value, losses[1].Value}
	}
	m := build("meanflow")
	for i, time := range p.T {
		m.t[i], m.r[i] = time, p.R[i]
		for j := range 2 {
			z, e := p.Data[2*i+j], p.Noise[2*i+j]
			m.x.Set(i, j, (1-time)*z+time*e)
			m.velocity.Set(i, j, e-z)
		}
	}
	losses := fit(m)
	near(t, "MeanFlow", losses[0], p.Meanflow)
	near(t, "MeanFlow's error", losses[1], p.MeanflowError)

	s := build("shortcut")
	s.x.Copy(mat.NewDense(peerRows, 2, p.Noise))
	for i := range peerRows {
		s.t[i], s.r[i] = 1, 0.5
	}
	near(t, "shortcut", fit(s)[0], p.Shortcut)
}
