package models

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/train"
)

// PicturePoints is the number of points of a picture.
const PicturePoints = 48

// Score is what pictures of some captions are worth.
type Score struct {
	Right     float64 // share that is read as what was asked for, count and place
	Likeliest float64 // share under whose caption's law they are likeliest
	OnTarget  float64 // share of their points within 3 standard deviations of a centre of it
	ModeTV    float64 // total variation between the shares of its centres and an even one, mean over captions
	Passes    float64 // of the network, for a point of a picture
	Pictures  int
}

// Way is a way to draw pictures, and its scores on captions of the training and on others.
type Way struct {
	Name       string
	Seen, Held Score
}

// Of returns the score on captions that were held out of training, or on the others.
func (w *Way) Of(held bool) *Score {
	if held {
		return &w.Held
	}
	return &w.Seen
}

// extra is the pictures whose evaluations corrections and their control may take beside those of the first.
const extra = 3

// Names of the ways of ScorePictures.
const (
	Truth     = "truth"     // draws of the captions' laws
	Once      = "once"      // a picture as it is drawn
	BestOf4   = "best of 4" // the first without a misfit, or of four the one with the fewest
	Corrected = "corrected" // in no more evaluations than those of four pictures
	Shuffled  = "shuffled"  // one that was drawn for a random prompt
)

// ScorePictures samples so many pictures for each caption in all ways, in so many evaluations a point.
func ScorePictures(m *hybrid.CaptionedModel, evaluations, pictures int, seed uint64) ([]Way, error) {
	var ways []Way
	way := func(name string) *Way {
		for i := range ways {
			if ways[i].Name == name {
				return &ways[i]
			}
		}
		ways = append(ways, Way{Name: name})
		return &ways[len(ways)-1]
	}
	all := datasets.Captions()
	add := func(name string, asked datasets.Caption, drawn []hybrid.Picture) {
		way(name).Of(asked.HeldOut()).add(asked, drawn)
	}
	how := m.Points.Config()
	how.NFE = evaluations
	rng := train.NewStream(seed, "pictures").Rand
	onces := make([][]hybrid.Picture, len(all))
	for i, asked := range all {
		q, err := m.Given(asked.String())
		if err != nil {
			return nil, err
		}
		r := Refinement(q.With(how), asked)
		truth := make([]hybrid.Picture, pictures)
		for k := range truth {
			truth[k].Points = asked.Distribution().Sample(PicturePoints, rng)
		}
		add(Truth, asked, truth)
		onces[i] = r.Pictures(pictures, PicturePoints, rng)
		add(Once, asked, onces[i])
		budget := extra * PicturePoints * r.Model.NetworkEvaluations()
		add(BestOf4, asked, r.BestOf(onces[i], budget, rng))
		add(Corrected, asked, r.Correct(onces[i], budget, rng))
	}
	for _, asked := range all {
		for k := range pictures {
			add(Shuffled, asked, onces[rng.IntN(len(all))][k:k+1])
		}
	}
	return ways, nil
}

// correctionNoise is what corrections begin with, in standard deviations of the data: a third of the
// way from one point of a caption to the next. Stronger guidance in them than in the drawing was no help.
const correctionNoise = 0.2

// Refinement is that of pictures drawn by a way of the model for a caption, by whose words alone they
// are checked.
func Refinement(q *diffusion.Conditioned, asked datasets.Caption) hybrid.Refinement {
	return hybrid.Refinement{Model: q, Noise: correctionNoise, Verify: func(x mat.Matrix) []int {
		return datasets.RecognizeCaption(x).Violations(x, asked)
	}}
}

// add weighs in pictures of a caption; the variation is of these together.
func (s *Score) add(asked datasets.Caption, drawn []hybrid.Picture) {
	law := asked.Distribution()
	near, points := make([]float64, len(law.Centres)), 0
	var now Score
	for _, d := range drawn {
		if read, ok := datasets.RecognizeCaption(d.Points).Caption(); ok && read == asked {
			now.Right++
		}
		if datasets.MaximumLikelihoodCaption(d.Points) == asked {
			now.Likeliest++
		}
		n, _ := d.Points.Dims()
		points += n
		now.Passes += float64(d.Evaluations) / float64(n)
		for i := range n {
			for k, c := range law.Centres {
				if math.Hypot(d.Points.At(i, 0)-c[0], d.Points.At(i, 1)-c[1]) <= 3*law.Sigma {
					near[k]++
				}
			}
		}
	}
	for _, n := range near {
		now.OnTarget += n
	}
	for _, n := range near {
		now.ModeTV += math.Abs(n/max(1, now.OnTarget)-1/float64(len(near))) / 2
	}
	// Means over the pictures so far, and for the variation over the captions.
	was, more := float64(s.Pictures), float64(len(drawn))
	mean := func(into *float64, sum, of float64) { *into = (*into*was + sum*more/of) / (was + more) }
	mean(&s.Right, now.Right, more)
	mean(&s.Likeliest, now.Likeliest, more)
	mean(&s.Passes, now.Passes, more)
	mean(&s.OnTarget, now.OnTarget, float64(points))
	mean(&s.ModeTV, now.ModeTV, 1)
	s.Pictures += len(drawn)
}
