package trainer

import (
	"fmt"
	"time"

	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/train"
)

// PreviewFile is the picture of a run's samples: of the model so far while it trains, at the end of the finished one.
const PreviewFile = evaluate.SamplesFile

const (
	firstPreview  = 1500 * time.Millisecond // of training
	previewShare  = 0.015                   // of the training time that previews may take, after the first
	previewPoints = 1000
)

// Previews draw samples of a model while it trains: early in the training and then at growing intervals, so that they
// take less than 2 % of its time. They sample with the EMA weights and a random stream of their own, and do not change
// the result of the training.
type Previews struct {
	training *Training
	points   registry.Points
	none     bool // the data are not points
	start    time.Time
	last     time.Duration // time of the last one since start
	spent    time.Duration
}

// Previews returns the previews of a training that begins now.
func (t *Training) Previews() *Previews {
	p := &Previews{training: t, start: time.Now()}
	var points bool
	p.points, points = t.task.(registry.Points)
	p.none = !points
	return p
}

// Update draws a preview where one is due and returns its path, "" where none is. It fails where the model cannot be
// read or the file not be written.
func (p *Previews) Update() (path string, err error) {
	now := time.Since(p.start)
	due := max(firstPreview, 2*p.last)
	if p.last > 0 { // this one takes as long as those before
		due = max(due, time.Duration(float64(2*p.spent)/previewShare))
	}
	if p.none || now < due || p.training.step == p.training.loop.Steps {
		return "", nil
	}
	if err := p.draw(); err != nil {
		return "", err
	}
	p.last = time.Since(p.start)
	p.spent += p.last - now
	p.training.since = p.training.since.Add(p.last - now) // it is no training time
	return p.training.dir.Path(PreviewFile), nil
}

func (p *Previews) draw() error {
	t := p.training
	m, err := t.Model()
	if err != nil {
		return err
	}
	s, _, err := m.With(registry.Options{})
	if err != nil {
		return err
	}
	x := s.Sample(previewPoints, train.NewStream(t.job.Seed(), "preview").Rand)
	title := fmt.Sprintf("%s on %s, step %d of %d", t.job.Of().About().Name, t.job.Data(), t.step, t.loop.Steps)
	picture, err := evaluate.SamplesPicture(title, t.job.Of().About().Name, p.points.Dataset, x)
	if err != nil {
		return err
	}
	return t.dir.WriteFile(PreviewFile, picture)
}
