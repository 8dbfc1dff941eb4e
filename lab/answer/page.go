package answer

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed report.html
var pageText string

var pageTemplate = template.Must(template.New("report").Parse(pageText))

// page is the data of the template.
type page struct {
	*Answer
	Heading  string
	Columns  []string
	Rows     []pageSection
	Notes    []string
	Truncate int
}

// pageSection is a dataset's part of the page.
type pageSection struct {
	Data     string
	Cells    []pageCell
	More     int // configurations that the table leaves out
	Effects  []pageEffect
	Parallel template.HTML
}

// pageCell is a row of the sortable table. Keys are what columns sort by.
type pageCell struct {
	Values []string
	Mean   string
	MeanBy float64
	From   string
	FromBy float64
	P      string
	PBy    float64
	Mark   string
	Remark string
	Best   bool
	Untold bool
}

// pageEffect is the picture of an effect and its comparisons.
type pageEffect struct {
	Axis    string
	Basis   string
	Picture template.HTML
	Pairs   []pagePair
}

type pagePair struct {
	Change, By, P string
	Significant   bool
}

// last is the key by which a missing number is sorted.
const last = 1e300

func sortKey(n Number) float64 {
	if x := float64(n); finite(x) {
		return x
	}
	return last
}

// Page returns the answer as a self-contained HTML page, report.html: a table that a click on a heading sorts, a plot
// of each effect, and parallel coordinates of the configurations. It fails where the template does.
func (a *Answer) Page() ([]byte, error) {
	p := page{Answer: a, Heading: a.Title, Notes: a.Notes()}
	axes := a.configured()
	for _, x := range axes {
		p.Columns = append(p.Columns, x.Key)
	}
	for _, s := range a.Sections {
		part := pageSection{Data: s.Data, More: max(0, len(s.Cells)-mostRows)}
		for _, c := range s.Cells[:min(mostRows, len(s.Cells))] {
			row := pageCell{Mean: said(c.Mean, c.Half), MeanBy: sortKey(c.Mean), FromBy: last, PBy: last, Mark: c.mark(), Remark: c.remark(), Best: c.Best, Untold: c.Untold}
			for _, x := range axes {
				row.Values = append(row.Values, c.Axes[x.Key])
			}
			if d := c.FromBest; d != nil {
				row.From, row.FromBy, row.P, row.PBy = said(d.Mean, d.Half), sortKey(d.Mean), probability(d.Adjusted), sortKey(d.Adjusted)
			}
			part.Cells = append(part.Cells, row)
		}
		for _, e := range s.Effects {
			part.Effects = append(part.Effects, a.pageEffect(s, e))
		}
		if len(axes) > 0 {
			part.Parallel = template.HTML(a.parallel(axes, s.Cells))
		}
		p.Rows = append(p.Rows, part)
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, p)
	return b.Bytes(), err
}

func (a *Answer) pageEffect(s Section, e *Effect) pageEffect {
	part := pageEffect{Axis: e.Axis.Key, Basis: e.Basis(), Picture: template.HTML(a.effectPlot(s, e))}
	for _, c := range e.Comparisons() {
		part.Pairs = append(part.Pairs, pagePair{c.String(), said(c.By.Mean, c.By.Half), probability(c.By.Adjusted), c.By.Significant()})
	}
	return part
}
