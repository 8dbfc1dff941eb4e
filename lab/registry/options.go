package registry

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/kernel"
	"genlab/internal/usage"
	"genlab/nn"
)

// Options are the flags of sampling. The zero value keeps the model's settings.
type Options struct {
	Sampler   string   `group:"sampling" help:"Sampler of a diffusion model: ddim, ddpm, heun, dpmsolver2m, dpmsolver2m-midpoint (the published form), dpmsolver3m, unipc or unipc3; of flow matching: euler, midpoint, heun, rk4 or dopri5."`
	NFE       *int     `group:"sampling" help:"Network evaluations per sample, at least 1."`
	Eta       *float64 `group:"sampling" help:"Stochasticity of DDIM, in [0, 1]: 0 is deterministic, 1 is DDPM."`
	Spacing   string   `group:"sampling" help:"Timestep schedule: auto, time, trailing, quadratic, threehalves, shifted, logsnr, lu (as diffusers has it), karras or searched (for unipc in few steps)."`
	Guidance  *float64 `group:"sampling" help:"Classifier-free guidance scale, 0 to 100 (1 is none); needs --label or --prompt."`
	Langevin  *int     `group:"sampling" placeholder:"N" help:"Langevin steps after each step of guided sampling, 1 to 100: with them guidance samples the tilted distribution p(x)^(1-w) p(x|c)^w; needs --label."`
	Label     string   `group:"sampling" help:"Label to condition on, by number or name; for a run trained with --conditional."`
	Precision string   `group:"sampling" help:"Number format of the factors of matrix products in a diffusion model or a transformer of text: float32 (default) or bf16, which is faster on a CPU of AMD with AVX512-BF16 or of Intel with AMX."`
	Times     string   `group:"sampling" placeholder:"1,T,...,0" help:"Decreasing times at which a diffusion model is sampled, from 1 to 0, instead of --nfe and --spacing."`
	Tolerance *float64 `group:"likelihood" help:"Error tolerance of the ODE of a density, for eval, 1e-10 to 0.1 (default 2e-06; flow matching has a setting of its own)."`
	Truncate  *float64 `group:"sampling" placeholder:"SHARE" help:"Share of a GAN's latents that are left out, those with the steepest generator, 0 to 0.9: fewer points between modes."`
	Refine    *int     `group:"sampling" placeholder:"N" help:"Number of pictures, 1 to 1000, whose network evaluations may be spent on correcting points that violate the prompt; for a captioned run."`

	Prompt      *string  `group:"text" help:"Beginning of the text; for a captioned run a description of the points, such as \"two points upper left\"."`
	Temperature *float64 `group:"text" help:"Sampling temperature, at least 0; 0 takes the most likely character."`
	Order       string   `group:"text" help:"Order in which a masked diffusion model reveals characters: random, left-to-right or confident; --nfe sets the evaluations per block."`
	TopK        *int     `group:"text" name:"top-k" help:"Number of most likely characters to sample from; 0 for all."`

	Class *int `kong:"-"` // number of Label, set by Run.With
}

// given returns the flags of the options that are set.
func (o Options) given() (flags []string) {
	for _, f := range []struct {
		flag string
		is   bool
	}{
		{"--sampler", o.Sampler != ""}, {"--nfe", o.NFE != nil}, {"--eta", o.Eta != nil}, {"--spacing", o.Spacing != ""},
		{"--guidance", o.Guidance != nil}, {"--label", o.Class != nil || o.Label != ""}, {"--refine", o.Refine != nil},
		{"--precision", o.Precision != ""}, {"--times", o.Times != ""}, {"--langevin", o.Langevin != nil}, {"--tolerance", o.Tolerance != nil}, {"--truncate", o.Truncate != nil},
		{"--prompt", o.Prompt != nil}, {"--temperature", o.Temperature != nil}, {"--order", o.Order != ""}, {"--top-k", o.TopK != nil},
	} {
		if f.is {
			flags = append(flags, f.flag)
		}
	}
	return flags
}

// Groups of flags for [Options.Only].
const (
	SolverFlags = "--sampler --nfe --eta --spacing --precision"
	LabelFlags  = "--label --guidance"
	Corrector   = "--langevin"
	TimesFlags  = "--times"
	TextFlags   = "--prompt --temperature --top-k"
)

// Only fails with a usage error where an option is set that is not among the flags that a model takes. how
// says how the model samples: "a flow samples in one forward pass".
func (o Options) Only(how string, takes ...string) error {
	allowed := strings.Fields(strings.Join(takes, " "))
	var wrong []string
next:
	for _, flag := range o.given() {
		for _, a := range allowed {
			if a == flag {
				continue next
			}
		}
		wrong = append(wrong, flag)
	}
	if wrong == nil {
		return nil
	}
	verb := "does"
	if len(wrong) > 1 {
		verb = "do"
	}
	return usage.Errorf("%s %s not apply: %s", strings.Join(wrong, ", "), verb, how)
}

// Products returns the precision of the network's matrix products, float32 unless it is set. It fails with a
// usage error for an unknown one.
func (o Options) Products() (p nn.Precision, err error) {
	if o.Precision == "" {
		return nn.Float32, nil
	}
	if err := p.UnmarshalText([]byte(o.Precision)); err != nil {
		return p, usage.Error{Err: err}
	}
	return p, nil
}

// NotFaster returns a sentence for a precision that gains nothing on this CPU, "" for any other.
func NotFaster(p nn.Precision) string {
	if p == nn.Float32 || kernel.CPULevel() >= kernel.AVX512BF16 {
		return ""
	}
	return fmt.Sprintf("precision %v is not faster on this CPU (%v kernels): factors are rounded to bfloat16 and multiplied in float32; --precision float32 is as fast and more accurate", p, kernel.CPULevel())
}

// Context returns the label as a context of one row, nil without a label.
func (o Options) Context() mat.Matrix {
	if o.Class == nil {
		return nil
	}
	return mat.NewDense(1, 1, []float64{float64(*o.Class)})
}
