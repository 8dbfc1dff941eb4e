package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// charts are three diagrams over a band, one of them without data.
func charts() []Chart {
	log := Axes{Title: "moons", X: "network evaluations", Y: "energy distance", LogX: true, LogY: true}
	series := []Series{
		{Name: "diffusion", X: []float64{5, 50}, Y: []float64{.1, .01}, Marks: true, Colour: Blue},
		{Name: "gan", X: []float64{1}, Y: []float64{.02}, Marks: true, Shape: Diamond, Colour: Purple},
	}
	return []Chart{{log, series, &Band{"truth", .001, .004}}, {log, series, nil}, {Axes: log}}
}

// TestSVGIsForAnyPage: well formed, its texts are texts, and nothing in it is black, white or grey.
func TestSVGIsForAnyPage(t *testing.T) {
	svg := charts()[0].SVG(`5 < 6 & "so on"`)
	d := xml.NewDecoder(strings.NewReader(svg))
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			for _, a := range token.Attr {
				for _, colour := range []string{"#222222", "#666666", "#000000", "#FFFFFF", "#E8E8E8"} {
					if strings.Contains(strings.ToUpper(a.Value), colour) {
						t.Errorf("%s has %s=%q", token.Name.Local, a.Name.Local, a.Value)
					}
				}
			}
		}
	}
	for _, want := range []string{"network evaluations", "energy distance", "0.01", "50"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no text %q in %q", want, text.String())
		}
	}
	if !strings.Contains(strings.ToLower(svg), "#0072b2") || !strings.Contains(svg, "currentColor") {
		t.Error("the model's colour, or that of the page, is not there")
	}
}

// TestTheBandIsInSight: an axis holds the whole band, where no point lies near it.
func TestTheBandIsInSight(t *testing.T) {
	d := charts()[0].diagram()
	if d.plot.Y.Min > .001 || d.plot.Y.Max < .1 {
		t.Errorf("the axis runs from %v to %v", d.plot.Y.Min, d.plot.Y.Max)
	}
}

// TestGridPanelsAreSquare: the picture is as wide as its columns and as high as its rows ask for.
func TestGridPanelsAreSquare(t *testing.T) {
	size := func(rows ...GridRow) (w, h int) {
		file, err := Grid("title", rows)
		img := decode(t, file, err)
		return img.Bounds().Dx(), img.Bounds().Dy()
	}
	row := GridRow{"a", square(1), make([]Panel, 3)}
	w1, h1 := size(row)
	w2, h2 := size(row, row)
	if w1 != w2 {
		t.Errorf("%d and %d pixels wide", w1, w2)
	}
	flat := row
	flat.Box = Box{-1, 1, -.5, .5}
	_, h3 := size(row, flat)
	if drop, want := h2-h3, 2.15*gridDPI/2; math.Abs(float64(drop)-want) > 2 {
		t.Errorf("a row half as high saves %d pixels of %d, want %v", drop, h2-h1, want)
	}
}

// TestLongKeysBreak: no name of a series lies outside the picture, and few names are one line.
func TestLongKeysBreak(t *testing.T) {
	d := charts()[0].diagram()
	if got := len(d.lines(11 * vg.Inch)); got != 1 {
		t.Errorf("three names are %d lines", got)
	}
	for range 9 {
		d.names.add("adversarial-diffusion")
	}
	const width = 11 * vg.Inch
	total := 0
	for _, line := range d.lines(width) {
		wide := vg.Length(0)
		for _, e := range line {
			wide += vg.Points(keyMark) + keyStyle().Width(e.text)
		}
		if wide += vg.Points(keySpace) * vg.Length(len(line)-1); wide > width || len(line) < 3 {
			t.Errorf("a line of %d names is %v of %v wide", len(line), wide, width)
		}
		total += len(line)
	}
	if total != len(d.names) {
		t.Errorf("%d names of %d", total, len(d.names))
	}
}
