package models

import (
	"strings"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/train"
)

// PromptPictures draws, as a PNG, samples for each caption over the distribution that it describes: a row for each
// count and a column for each place, with the captions held out of training in another colour. It fails where
// the picture cannot be drawn.
func PromptPictures(m *hybrid.CaptionedModel, seed uint64) ([]byte, error) {
	var rows []plot.GridRow
	rng := train.NewStream(seed, "shown pictures").Rand
	for _, c := range datasets.Captions() {
		q, err := m.Given(c.String())
		if err != nil {
			return nil, err
		}
		count, place := split(c)
		if c.Count == len(rows) {
			rows = append(rows, plot.GridRow{Name: count, Box: plot.Box{XMin: -4.2, XMax: 4.2, YMin: -4.2, YMax: 4.2}})
		}
		of := "diffusion"
		if c.HeldOut() {
			of = "flow"
		}
		row := &rows[c.Count]
		row.Panels = append(row.Panels, plot.Panel{Title: place, Truth: c.Distribution(), Points: q.Sample(PicturePoints, rng), Colour: Colour(of)})
	}
	return plot.Grid("Samples for each prompt (orange: prompts held out of training)", rows)
}

// split returns a caption's words of count and of place.
func split(c datasets.Caption) (count, place string) {
	words := strings.Fields(c.String())
	return strings.Join(words[:2], " "), strings.Join(words[2:], " ")
}
