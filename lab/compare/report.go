package compare

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"genlab/internal/plot"
	"genlab/lab/models"
)

//go:embed report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"mark": mark, "class": func(v Verdict) string { return strings.ReplaceAll(v.String(), " ", "-") },
}).Parse(reportText))

// page is the data of the report's template.
type page struct {
	*Result
	Title    string
	Intro    string
	Date     string
	Picture  template.URL
	Alt      string
	Sections []section
	Columns  []Column
	Trained  []string
}

// section is a dataset's part of the report.
type section struct {
	Table
	Charts []template.HTML
}

// Report returns the comparison as a self-contained HTML page without scripts. picture is the PNG of the
// samples. Report fails where the template does.
func (r *Result) Report(picture []byte) ([]byte, error) {
	shown := slices.Concat(r.Plan.Models, r.Plan.Added)
	p := page{
		Result:  r,
		Title:   fmt.Sprintf("%d generative models on %s", len(shown), enumerate(r.Plan.Data)),
		Intro:   r.Plan.intro(),
		Date:    r.Machine.Made.Format(time.DateOnly),
		Picture: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)),
		Alt:     fmt.Sprintf("Scatter plots of samples. Rows: %s. Columns: the true distribution, %s.", enumerate(r.Plan.Data), enumerate(shown)),
		Trained: r.Plan.Models,
	}
	charts := r.charts()
	for i, t := range r.Tables() {
		s := section{Table: t}
		for _, c := range charts[2*i : 2*i+2] {
			label := fmt.Sprintf("%s: %s against %s on logarithmic axes for %s; the values are in the table.", t.Data, c.Y, c.X, enumerate(r.Plan.Models))
			s.Charts = append(s.Charts, template.HTML(c.SVG(label)))
		}
		p.Sections = append(p.Sections, s)
	}
	for _, c := range Columns {
		if slices.ContainsFunc(p.Sections, func(s section) bool { return slices.Contains(s.Columns, c) }) {
			p.Columns = append(p.Columns, c)
		}
	}
	var b bytes.Buffer
	err := reportTemplate.Execute(&b, p)
	return b.Bytes(), err
}

// enumerate joins names with commas and "and".
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// mark returns a model's mark in the charts as SVG.
func mark(model string) template.HTML {
	c, shape := models.Style(model)
	colour := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	if model == Oracle {
		colour = "currentColor"
	}
	hollow := ` fill="none" stroke-width="2" stroke="` + colour + `"/>`
	outline := map[plot.Shape]string{
		plot.Disc:     `<circle cx="8" cy="8" r="6"/>`,
		plot.Square:   `<rect x="2.5" y="2.5" width="11" height="11"/>`,
		plot.Triangle: `<path d="M8 1.5 14.5 13.5H1.5Z"/>`,
		plot.Diamond:  `<path d="M8 .8 15.2 8 8 15.2 .8 8Z"/>`,
		plot.Cross:    `<path d="M3 3 13 13M3 13 13 3" stroke-width="3.6" stroke="` + colour + `"/>`,
		plot.Ring:     `<circle cx="8" cy="8" r="5"` + hollow,

		plot.HollowSquare:   `<rect x="3" y="3" width="10" height="10"` + hollow,
		plot.HollowTriangle: `<path d="M8 3 13.5 13H2.5Z"` + hollow,
		plot.HollowDiamond:  `<path d="M8 2 14 8 8 14 2 8Z"` + hollow,
		plot.Plus:           `<path d="M8 1.5V14.5M1.5 8H14.5" stroke-width="3.6" stroke="` + colour + `"/>`,
	}[shape]
	return template.HTML(`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true" fill="` + colour + `">` + outline + `</svg>`)
}
