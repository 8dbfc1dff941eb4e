package stage

import (
	"fmt"
	"slices"

	"genlab/internal/plot"
	"genlab/lab/live/pack"
)

// picture draws the last frames of the panels beside samples of the true distribution as a PNG.
func (s *stage) picture() ([]byte, error) {
	data, panels, err := s.drawn()
	if err != nil {
		return nil, err
	}
	truth := data.ds.Plane().Density
	all := []plot.Panel{{Title: "true distribution", Truth: truth, Points: pack.Unquantise(data.points, data.reach), Colour: plot.Black}}
	if slices.ContainsFunc(panels, func(p *panel) bool { return p.task.Classes() > 0 }) {
		all[0].Labels = data.labels
	}
	for _, p := range panels {
		p.shown.mu.Lock()
		last := p.shown.latest
		p.shown.mu.Unlock()
		if last == nil {
			continue
		}
		all = append(all, plot.Panel{
			Title: fmt.Sprintf("%s, step %d", p.id, last.step), Truth: truth, Points: pack.Unquantise(last.points, data.reach),
			Labels: last.labels, Colour: p.job.Of().About().Colour,
		})
	}
	return plot.Compare(data.ds.Name, data.box, all...)
}

// drawn returns what a picture shows.
func (s *stage) drawn() (*loaded, []*panel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	panels := slices.DeleteFunc(slices.Clone(s.panels), func(p *panel) bool { return p.cannot != "" })
	if len(panels) == 0 {
		return nil, nil, conflict("no model trains on this data, so there is nothing to draw")
	}
	return s.data, panels, nil
}

// animation draws the frames of the panels so far, side by side, as a GIF.
func (s *stage) animation() ([]byte, error) {
	data, panels, err := s.drawn()
	if err != nil {
		return nil, err
	}
	var films []plot.Film
	for _, p := range panels {
		p.shown.mu.Lock()
		f := plot.Film{Title: p.id, Colour: p.job.Of().About().Colour}
		for _, still := range p.shown.film {
			f.Frames = append(f.Frames, plot.Frame{X: pack.Unquantise(still.points, data.reach), Step: still.step})
		}
		p.shown.mu.Unlock()
		if len(f.Frames) > 0 {
			films = append(films, f)
		}
	}
	if len(films) == 0 {
		return nil, conflict("nothing has been shown yet: open the page first")
	}
	return plot.AnimateFilms(data.ds.Name, data.ds.Plane().Density, data.box, films)
}
