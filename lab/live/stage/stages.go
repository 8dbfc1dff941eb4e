package stage

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"genlab/datasets"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// Options say how stages are kept.
type Options struct {
	Out     string            // folder of saved runs; default runs
	Start   Settings          // the stage that a page shows first; default: the paradigms on 8gaussians
	Files   []string          // names file:PATH of datasets that a page may choose
	Backend string            // "server" or "worker"
	Cannot  map[string]string // operations that are not possible here, with the reason
	// Unwatched is how long a stage trains while nobody listens; default a minute.
	Unwatched time.Duration
	Now       func() time.Time // the clock by which that is measured; default time.Now
}

// Limits of the stages together.
const (
	MaxStages    = 8
	MaxListeners = 256 // of a stage
	forgetAfter  = 30 * time.Minute
)

// Stages are all stages of a program. Its methods may be called from several goroutines.
type Stages struct {
	o     Options
	ctx   context.Context
	close context.CancelFunc
	slots *slots

	saving sync.Mutex

	mu     sync.Mutex
	stages map[string]*stage
}

// NewStages returns stages without one. Close them.
func NewStages(o Options) *Stages {
	o.Out, o.Backend = cmp.Or(o.Out, "runs"), cmp.Or(o.Backend, "server")
	o.Unwatched = cmp.Or(o.Unwatched, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Start.Models == nil {
		o.Start.Models = paradigms()
	}
	o.Start.Samples = cmp.Or(o.Start.Samples, DefaultSamples)
	o.Start.Seed = cmp.Or(o.Start.Seed, 1)
	if o.Start.Data.Points == nil {
		o.Start.Data.Name = cmp.Or(o.Start.Data.Name, "8gaussians")
	}
	s := &Stages{o: o, slots: &slots{free: runtime.GOMAXPROCS(0)}, stages: map[string]*stage{}}
	s.ctx, s.close = context.WithCancel(context.Background())
	go s.watch()
	return s
}

// paradigms returns the models that are compared by default.
func paradigms() (list []Model) {
	for _, name := range models.All.Names(registry.Paradigm) {
		list = append(list, Model{Model: name})
	}
	return list
}

// Close ends all stages.
func (s *Stages) Close() {
	s.close()
	s.mu.Lock()
	all := s.stages
	s.stages = map[string]*stage{}
	s.mu.Unlock()
	for _, st := range all {
		st.end()
	}
}

// check returns what is wrong with settings, without making a model.
func check(set Settings, files []string) InvalidError {
	wrong := set.check(files)
	name := set.Data.Name
	if set.Data.Points != nil || wrong != nil {
		name = "8gaussians" // defaults do not depend on points
	}
	for i, m := range set.Models {
		j, bad := m.job(i, name, set.Seed)
		wrong = append(wrong, bad...)
		if j == nil {
			continue
		}
		if _, err := optionsOf(m.Sampling); err != nil {
			wrong = append(wrong, inSampling(i, err))
		}
	}
	return wrong
}

// prepared are the parts of a stage.
type prepared struct {
	panels []*panel
	data   *loaded
	oracle *oracle
}

// prepare loads the data of settings and makes the panels. It fails with an [InvalidError] where they are not valid.
func (s *Stages) prepare(set Settings) (*prepared, error) {
	if wrong := check(set, s.o.Files); len(wrong) > 0 {
		return nil, wrong
	}
	data, err := set.Data.load(s.o.Out, set.Seed)
	if err != nil {
		return nil, InvalidError{{-1, "data", err.Error()}}
	}
	made := &prepared{data: data}
	ids := map[string]int{}
	for i, m := range set.Models {
		id := m.Model
		if ids[m.Model]++; ids[m.Model] > 1 {
			id += "-" + strconv.Itoa(ids[m.Model])
		}
		j, wrong := m.job(i, data.name, set.Seed)
		if wrong != nil {
			data.forget()
			return nil, wrong
		}
		p, err := newPanel(id, m, j, set.Seed)
		if sampling := new(samplingError); errors.As(err, &sampling) {
			data.forget()
			return nil, InvalidError{inSampling(i, err)}
		}
		if err != nil {
			p = &panel{id: id, model: m, job: j, cannot: err.Error(), loop: j.Loop()}
			p.latest.Store(&progress{})
		}
		made.panels = append(made.panels, p)
	}
	made.oracle = newOracle(data.ds, made.panels, set.Seed)
	return made, nil
}

// inSampling returns the error of an option of sampling beside its field.
func inSampling(panel int, err error) FieldError {
	key := ""
	for _, k := range samplingKeys {
		if strings.Contains(err.Error(), k) {
			key = k
			break
		}
	}
	return FieldError{panel, key, err.Error()}
}

// create makes a stage.
func (s *Stages) create(set Settings) (*stage, error) {
	s.mu.Lock()
	full := len(s.stages) >= MaxStages
	if full { // of those without a listener, the one that has been left for the longest makes room
		var oldest *stage
		for _, st := range s.stages {
			if st.abandoned(0) && (oldest == nil || st.left().Before(oldest.left())) {
				oldest = st
			}
		}
		if full = oldest == nil; !full {
			delete(s.stages, oldest.id)
			go oldest.end()
		}
	}
	s.mu.Unlock()
	if full {
		return nil, &Failure{429, "there are 8 stages that somebody watches: close a page first", nil}
	}
	var b [8]byte
	rand.Read(b[:]) // never fails
	st, err := newStage(s, hex.EncodeToString(b[:]), set)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stages[st.id] = st
	return st, nil
}

// stage returns the stage of an id.
func (s *Stages) stage(id string) (*stage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.stages[id]; st != nil {
		return st, nil
	}
	return nil, &Failure{404, "there is no such stage: it has ended, make it again", nil}
}

// watch pauses stages that nobody listens to, and forgets them later.
func (s *Stages) watch() {
	tick := time.NewTicker(max(time.Millisecond, min(time.Second, s.o.Unwatched/4)))
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.tidy()
	}
}

// tidy pauses and forgets what is due.
func (s *Stages) tidy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, st := range s.stages {
		if st.abandoned(s.o.Unwatched) {
			st.unwatch()
		}
		if st.abandoned(forgetAfter + s.o.Unwatched) {
			delete(s.stages, id)
			go st.end()
		}
	}
}

// abandoned reports whether nobody has listened to the stage for so long.
func (s *stage) abandoned(long time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.alone.IsZero() && s.of.o.Now().Sub(s.alone) >= long
}

// left returns since when nobody listens.
func (s *stage) left() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alone
}

func (s *stage) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == running && !s.alone.IsZero() {
		s.set(unwatched, "nobody was watching, so the training paused")
	}
}

// fileNames returns the datasets of files that a page may choose.
func (s *Stages) fileNames() []string {
	return slices.DeleteFunc(slices.Clone(s.o.Files), func(name string) bool {
		_, err := datasets.ByName(name)
		return err != nil
	})
}
