package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/metrics"
)

// addition is a model of another program, given by --add: a row of one measurement.
type addition struct {
	name, data string // data is "" until it is known
	files      evaluate.Files
	model      *evaluate.Foreign
}

var (
	additionKey  = regexp.MustCompile(`,(\w+)=`)
	additionName = regexp.MustCompile(`^[\pL\pN][\pL\pN ._+()-]*$`)
)

// parseAddition parses NAME=FILE[,logp=FILE][,logq=FILE][,data=DATASET].
func parseAddition(text string) (a addition, err error) {
	name, rest, ok := strings.Cut(text, "=")
	if a.name = name; !ok || rest == "" {
		return a, usage.Errorf("--add %s: expected NAME=FILE, with the samples of a model of another program", text)
	}
	if !additionName.MatchString(name) {
		return a, usage.Errorf("--add: %q is not a name: use letters, digits, spaces and . _ + - ( )", name)
	}
	keys := additionKey.FindAllStringSubmatchIndex(rest, -1)
	end := len(rest)
	for _, at := range slices.Backward(keys) {
		key, value := rest[at[2]:at[3]], rest[at[1]:end]
		into := map[string]*string{"logp": &a.files.LogP, "logq": &a.files.LogQ, "data": &a.data}[key]
		if into == nil {
			return a, suggest.Name("key", key, []string{"logp", "logq", "data"})
		}
		if *into != "" || value == "" {
			return a, usage.Errorf("--add %s: %s must be given once, with a value", name, key)
		}
		*into, end = value, at[0]
	}
	a.files.Samples = rest[:end]
	return a, nil
}

// addModels parses and reads the models of --add, so that a mistake is found before anything is trained.
func (k *Comparison) addModels(list []string) error {
	taken := append(k.models.Names(), References...)
	for _, text := range list {
		a, err := parseAddition(text)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(taken, a.name):
			return usage.Errorf("--add: %s is the name of a model of genlab: choose another name", a.name)
		case a.data == "" && len(k.plan.Data) > 1:
			return usage.Errorf("--add %s: say which dataset the samples are of, with data=NAME: one of %s", a.name, strings.Join(k.plan.Data, ", "))
		case a.data == "":
			a.data = k.plan.Data[0]
		}
		i := slices.Index(k.plan.Data, a.data)
		if i < 0 {
			return suggest.Name("dataset of the comparison", a.data, k.plan.Data)
		}
		if slices.ContainsFunc(k.added, func(b addition) bool { return b.name == a.name && b.data == a.data }) {
			return usage.Errorf("--add names %q twice: name it once for a dataset", a.name)
		}
		set, err := k.sets[i].Split(registry.DefaultHoldout, 1)
		if err != nil {
			return err
		}
		if a.model, err = a.files.Read(set, k.plan.Samples, 1); err != nil {
			return fmt.Errorf("--add %s: %w", a.name, err)
		}
		if k.added = append(k.added, a); !slices.Contains(k.plan.Added, a.name) {
			k.plan.Added = append(k.plan.Added, a.name)
		}
	}
	return nil
}

// addedConfig is the configuration of a model of another program.
type addedConfig struct {
	Model   string `yaml:"model" help:"name of the model of another program"`
	Data    string `yaml:"data" help:"dataset"`
	Samples string `yaml:"samples" help:"file of its samples"`
	SHA256  string `yaml:"sha256" help:"of the values that were read"`
}

// configureAdded makes the configuration of a model of another program. Its folder is named after its values, so
// that other values in files of the same names are another model.
func (r *trial) configureAdded() (err error) {
	m, h := r.added.model, sha256.New()
	for _, v := range [][]float64{m.Samples.RawMatrix().Data, m.LogP, m.LogQ} {
		binary.Write(h, binary.LittleEndian, int64(len(v)))
		binary.Write(h, binary.LittleEndian, v)
	}
	sum := fmt.Sprintf("%x", h.Sum(nil))
	r.dir = r.folder("-" + sum[:12])
	r.config, err = config.Marshal(&addedConfig{r.model, r.data, r.added.files.Samples, sum})
	return err
}

// String describes the samples.
func (a addition) String() string {
	n, _ := a.model.Samples.Dims()
	s := fmt.Sprintf("%d samples of %s", n, a.files.Samples)
	if n < a.model.Rows {
		s = fmt.Sprintf("%d of %d samples of %s", n, a.model.Rows, a.files.Samples)
	}
	return s
}

// Sample implements [genlab.Sampler]: it returns the samples, at most n.
func (a addition) Sample(n int, _ *rand.Rand) *mat.Dense {
	rows, d := a.model.Samples.Dims()
	return mat.DenseCopyOf(a.model.Samples.Slice(0, min(n, rows), 0, d))
}

// likelihood adds the metrics of the model's log densities.
func (a addition) likelihood(r *trial, set func(string, metrics.Estimate)) {
	for _, row := range a.model.Likelihoods(r.set, r.seed) {
		if row.Name == "nll" {
			r.result.Kind = Exact
		}
		set(row.Name, metrics.Estimate{Value: row.Value, SE: row.SE, N: row.N, NonFinite: row.NonFinite})
	}
}

// addedCaption describes the samples of other programs on a dataset.
func (r *Result) addedCaption(data string) (parts []string) {
	for _, name := range r.Plan.Added {
		row := r.row(data, name)
		if row == nil || row.Done == 0 {
			continue
		}
		text := fmt.Sprintf("%s: %s, made by another program, runs: 1", name, row.Sampler)
		scored := func(model string) int {
			i := slices.IndexFunc(r.Runs, func(run Run) bool { return run.Data == data && run.Model == model })
			if i < 0 {
				return 0
			}
			return r.Runs[i].Metrics["energy_distance"].N
		}
		if n := scored(Oracle); scored(name) < n {
			text += fmt.Sprintf(" (recall and mode TV are not comparable: the other rows have %d samples)", n)
		}
		parts = append(parts, text)
	}
	return parts
}
