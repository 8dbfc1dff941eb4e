package registry

import (
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/usage"
)

// Options are the choices at sampling time; the zero value is the model's own.
type Options struct {
	Sampler  string   `group:"sampling" help:"Sampler of a diffusion run: ddim, ddpm, heun, dpmsolver2m or dpmsolver3m."`
	NFE      *int     `group:"sampling" help:"Network evaluations per sample, at least 1."`
	Eta      *float64 `group:"sampling" help:"Noise of DDIM, in [0, 1]: 0 is deterministic, 1 is DDPM."`
	Spacing  string   `group:"sampling" help:"Timestep schedule: auto, time, trailing, quadratic, threehalves, shifted, logsnr or karras."`
	Guidance *float64 `group:"sampling" help:"Classifier-free guidance scale, in [0, 100] (1 = off); needs --label or --prompt."`
	Label    string   `group:"sampling" help:"Sample this label only, by number or name; for a run trained with --conditional."`
	// Refine is for prompts alone.
	Refine *int `group:"sampling" placeholder:"N" help:"Correct points that do not fit the prompt, with the evaluations of at most N more pictures; for a captioned run."`

	Prompt      *string  `group:"text" help:"Beginning of the text; for a captioned run what to draw, such as \"two points upper left\"."`
	Temperature *float64 `group:"text" help:"Divisor of the logits, at least 0; 0 takes the most likely character."`
	TopK        *int     `group:"text" name:"top-k" help:"Sample among this many of the most likely characters; 0 for all."`

	Class *int `kong:"-"` // number of Label, which Run.With looks up
}

// given lists the options that were given, as their flags.
func (o Options) given() (flags []string) {
	for _, f := range []struct {
		flag string
		is   bool
	}{
		{"--sampler", o.Sampler != ""}, {"--nfe", o.NFE != nil}, {"--eta", o.Eta != nil}, {"--spacing", o.Spacing != ""},
		{"--guidance", o.Guidance != nil}, {"--label", o.Class != nil || o.Label != ""}, {"--refine", o.Refine != nil},
		{"--prompt", o.Prompt != nil}, {"--temperature", o.Temperature != nil}, {"--top-k", o.TopK != nil},
	} {
		if f.is {
			flags = append(flags, f.flag)
		}
	}
	return flags
}

// Groups of options that belong together.
const (
	OfSolver = "--sampler --nfe --eta --spacing"
	OfLabel  = "--label --guidance"
	OfText   = "--prompt --temperature --top-k"
)

// Only is a usage error where an option was given that is not among the flags a model takes; how
// says how the model samples: "a flow samples in one pass".
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

// Context is the label that was asked for as a context of one row, nil without one.
func (o Options) Context() mat.Matrix {
	if o.Class == nil {
		return nil
	}
	return mat.NewDense(1, 1, []float64{float64(*o.Class)})
}
