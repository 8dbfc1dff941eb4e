package inside

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
)

// Request asks for a view of a model.
type Request struct {
	Panel    string   `json:"panel"`
	View     string   `json:"view"`
	NFE      int      `json:"nfe"`
	Sampler  string   `json:"sampler"`
	Points   int      `json:"points"`
	Label    string   `json:"label"`
	Guidance *float64 `json:"guidance"`
	Size     int      `json:"size"`
	Seed     uint64   `json:"seed"`
}

// Answer is what a view shows, to be encoded as JSON.
type Answer map[string]any

// Subject is a model that is looked into.
type Subject struct {
	Name  string // of the registered model
	Model registry.Trained
	Task  registry.Points // what it learns
	Data  *datasets.Dataset
	Box   plot.Box // that pictures show
	Seed  uint64
	// Score returns the figures of samples of a process, unless it is nil. sample returns n samples on the plane.
	Score func(sample func(n int) *mat.Dense) any
}

// Refusal says why a view is not shown.
type Refusal struct {
	Invalid bool // the request is not valid; otherwise the model as it is does not have the view
	Reason  string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }

func bad(format string, args ...any) error { return &Refusal{true, fmt.Sprintf(format, args...)} }

func conflict(format string, args ...any) error { return &Refusal{false, fmt.Sprintf(format, args...)} }

// view is a way to look into models.
type view struct {
	name   string
	models []string
	of     func(Subject, Request) (Answer, error)
}

// views are filled in init, since they refer to functions that list them.
var views []view

func init() {
	views = []view{
		{"reverse", []string{"diffusion", "flow-matching"}, Subject.reverse},
		{"grid", []string{"flow", "gan", "vae"}, Subject.warp},
		{"latent", []string{"vae"}, Subject.latent},
		{"origins", []string{"gan", "flow"}, Subject.origins},
		{"critic", []string{"gan"}, Subject.critic},
		{"digits", []string{"autoregressive"}, Subject.digits},
		{"density", []string{"flow", "autoregressive", "diffusion", "flow-matching", "vae", "kde"}, Subject.density},
	}
}

// Views returns the names of the views of a registered model.
func Views(model string) []string {
	names := []string{}
	for _, v := range views {
		if slices.Contains(v.models, model) {
			names = append(names, v.name)
		}
	}
	return names
}

// Look returns what a view shows. It fails with a [Refusal] where the request is not valid or the model does not have
// the view, and panics where a model that has not learned anything yet cannot compute it.
func (s Subject) Look(r Request) (Answer, error) {
	i := slices.IndexFunc(views, func(v view) bool { return v.name == r.View && slices.Contains(v.models, s.Name) })
	if i < 0 {
		return nil, bad("%s has no view %q: it has %s", s.Name, r.View, strings.Join(Views(s.Name), ", "))
	}
	if s.Data.View != nil && r.View != "reverse" {
		return nil, conflict("this view shows models of two coordinates, and %s has %d", s.Data.Name, s.Data.Dim())
	}
	return views[i].of(s, r)
}

// library returns the model of the library in a registered one.
func library[M any](m registry.Trained) (of M, err error) {
	u, ok := m.(interface{ Unwrap() M })
	if !ok {
		return of, conflict("there is no such view of this model")
	}
	return u.Unwrap(), nil
}

// size returns a number of a request within bounds, or its default.
func size(n, least, greatest, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return max(least, min(n, greatest))
}
