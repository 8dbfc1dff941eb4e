package models

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/datasets/recognition"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/train"
)

// PicturePoints is the number of points of a picture.
const PicturePoints = 48

// Score measures how well pictures follow their captions.
type Score struct {
	Right     float64 // fraction whose recognised count and place are the caption's
	Likeliest float64 // fraction whose most likely caption is their own
	OnTarget  float64 // fraction of points within 3 standard deviations of a centre of the caption
	ModeTV    float64 // total variation distance between the frequencies of the centres and uniform ones, mean over captions
	Passes    float64 // network evaluations per point
	Pictures  int
}

// Way is a way to sample pictures with its scores on captions of the training data and on held-out ones.
type Way struct {
	Name       string
	Seen, Held Score
}

// Of returns the score on held-out captions, or on those of the training data.
func (w *Way) Of(held bool) *Score {
	if held {
		return &w.Held
	}
	return &w.Seen
}

// extra is the number of further pictures whose evaluations corrections, and their control, may take.
const extra = 3

// Names of the ways of ScorePictures.
const (
	Truth     = "truth"     // samples from the captions' distributions
	Once      = "once"      // a picture as sampled
	BestOf4   = "best of 4" // the first without violations, or the one of four with the fewest
	Corrected = "corrected" // with at most the evaluations of four pictures
	Shuffled  = "shuffled"  // a picture of a random prompt
)

// ScorePictures samples a number of pictures per caption in all ways, with a number of network evaluations per
// point, and scores them. It fails where the model does not know a word of a caption.
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

// correctionNoise is the noise level that corrections start from, in standard deviations of the data: a third of the
// distance between neighbouring points of a caption. Stronger guidance in corrections did not help.
const correctionNoise = 0.2

// Refinement returns the refinement of pictures sampled by q for a caption, against which they are checked.
func Refinement(q *diffusion.Conditioned, asked datasets.Caption) hybrid.Refinement {
	return hybrid.Refinement{Model: q, Noise: correctionNoise, Verify: func(x mat.Matrix) []int {
		return recognition.RecognizeCaption(x).Violations(x, asked)
	}}
}

// add includes pictures of a caption in the means; ModeTV is of all of them together.
func (s *Score) add(asked datasets.Caption, drawn []hybrid.Picture) {
	target := asked.Distribution()
	near, points := make([]float64, len(target.Centres)), 0
	var now Score
	for _, d := range drawn {
		if read, ok := recognition.RecognizeCaption(d.Points).Caption(); ok && read == asked {
			now.Right++
		}
		if recognition.MaximumLikelihoodCaption(d.Points) == asked {
			now.Likeliest++
		}
		n, _ := d.Points.Dims()
		points += n
		now.Passes += float64(d.Evaluations) / float64(n)
		for i := range n {
			for k, c := range target.Centres {
				if math.Hypot(d.Points.At(i, 0)-c[0], d.Points.At(i, 1)-c[1]) <= 3*target.Sigma {
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
