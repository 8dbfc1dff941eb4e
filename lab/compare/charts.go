package compare

import (
	"fmt"
	"math"

	"genlab/internal/plot"
	"genlab/lab/models"
)

// charts returns two charts for each dataset: quality against network evaluations, and against sampling
// time.
func (r *Result) charts() []plot.Chart {
	var all []plot.Chart
	for _, data := range r.Plan.Data {
		band := r.band(data)
		evaluations := plot.Chart{Band: band, Axes: plot.Axes{Title: data, X: "network evaluations per sample", Y: "energy distance", LogX: true, LogY: true}}
		seconds := plot.Chart{Band: band, Axes: plot.Axes{Title: data, X: "seconds per 10,000 samples (one core)", Y: "energy distance", LogX: true, LogY: true}}
		offset := r.offsets(data)
		for _, model := range r.Plan.Models {
			colour, shape := models.Style(model)
			s := plot.Series{Name: model, Colour: colour, Marks: true, Shape: shape, Smooth: 1}
			t := s
			for _, c := range r.sweep(data, model) {
				y := float64(c.Distance)
				if band != nil {
					y = math.Max(y, band.Lo*1.25) // within the band: indistinguishable from the true distribution
				}
				s.X, s.Y = append(s.X, float64(c.NFE)*offset[model]), append(s.Y, y)
				t.X, t.Y = append(t.X, float64(c.Microseconds)*1e-6*1e4), append(t.Y, y)
			}
			evaluations.Series, seconds.Series = append(evaluations.Series, s), append(seconds.Series, t)
		}
		all = append(all, evaluations, seconds)
	}
	return all
}

// offsets returns the factors that move marks of models with the same number of evaluations apart, so that
// none hides another.
func (r *Result) offsets(data string) map[string]float64 {
	same := map[int][]string{}
	factor := map[string]float64{}
	for _, model := range r.Plan.Models {
		factor[model] = 1
		if s := r.sweep(data, model); len(s) == 1 {
			same[s[0].NFE] = append(same[s[0].NFE], model)
		}
	}
	for _, models := range same {
		for i, model := range models {
			factor[model] = math.Pow(1.16, float64(i)-float64(len(models)-1)/2)
		}
	}
	return factor
}

// band returns the range of a perfect model's energy distance, up to the far end of the oracle's interval;
// nil where there is no oracle.
func (r *Result) band(data string) *plot.Band {
	row := r.row(data, Oracle)
	if row == nil {
		return nil
	}
	f := row.Metrics["energy_distance"]
	top := math.Max(math.Abs(f.lo()), math.Abs(f.hi()))
	if !(top > 0) || math.IsInf(top, 0) {
		return nil
	}
	return &plot.Band{Name: "a perfect model", Lo: top / 4, Hi: top}
}

// sweep returns a model's quality by network evaluations, averaged over its seeds.
func (r *Result) sweep(data, model string) []Cost {
	var mean []Cost
	n := 0.0
	for _, run := range r.Runs {
		if run.Data != data || run.Model != model || run.Status != Done {
			continue
		}
		if mean == nil {
			mean = make([]Cost, len(run.Sweep))
		}
		if len(run.Sweep) != len(mean) {
			continue
		}
		n++
		for i, c := range run.Sweep {
			mean[i].NFE, mean[i].Own = c.NFE, c.Own
			mean[i].Distance += c.Distance
			mean[i].Microseconds += c.Microseconds
		}
	}
	for i := range mean {
		mean[i].Distance /= Number(n)
		mean[i].Microseconds /= Number(n)
	}
	return mean
}

// Quality draws quality against cost as a PNG, a row for each dataset. It fails where the picture cannot be
// drawn.
func (r *Result) Quality() ([]byte, error) {
	subtitle := fmt.Sprintf("lower is better; inside the grey band a model is indistinguishable from the true distribution with %d samples", r.Plan.Samples)
	return plot.Charts("Quality against cost", subtitle, 2, r.charts())
}
