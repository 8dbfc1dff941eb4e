package export

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"genlab/internal/usage"
	"genlab/lab/rundir"
)

// eventFile is the name of a run's events. TensorBoard reads files with tfevents in their name, in the order of names.
const eventFile = "events.out.tfevents.0000000000.genlab"

// TensorBoard writes the log of the run, the values of its report and its pictures to the folder of the run within dir, as an
// event file that TensorBoard shows. What the file has already is kept, and what is new is appended; where the run went
// back to a checkpoint meanwhile, after a session-start event. It returns the number of events written. It fails where
// dir cannot be written, and where the file is damaged.
func (r *Run) TensorBoard(dir string) (int, error) {
	wanted, err := r.events()
	if err != nil {
		return 0, err
	}
	folder := filepath.Join(dir, r.Name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return 0, err
	}
	path := filepath.Join(folder, eventFile)
	before, err := rundir.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	had, whole, err := readRecords(before)
	if err != nil {
		return 0, &rundir.CorruptError{Path: path, Reason: err.Error() + "; remove it to write it again", Err: err}
	}
	var b []byte
	if len(had) == 0 {
		b = appendRecord(nil, event{time: seconds(r, 0), version: fileVersion})
	}
	n := 0
	for _, e := range continued(had, wanted) {
		b = appendRecord(b, e)
		n++
	}
	if n == 0 && len(had) > 0 {
		return 0, nil
	}
	// Appended, not replaced: TensorBoard reads on from where it was.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return 0, err
	}
	err = f.Truncate(int64(whole))
	if err == nil {
		_, err = f.WriteAt(b, int64(whole))
	}
	if err == nil {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

// events returns the events of the run, in the order of their steps.
func (r *Run) events() ([]event, error) {
	var list []event
	for _, e := range r.Log {
		x := event{time: seconds(r, e.Step), step: int64(e.Step)}
		for _, f := range e.Fields {
			x.values = append(x.values, scalar{"train/" + f.Name, float32(f.Value)})
		}
		list = append(list, x)
	}
	last := int64(r.steps())
	if r.Eval != nil {
		x := event{time: seconds(r, int(last)), step: last}
		for _, m := range r.Eval {
			x.values = append(x.values, scalar{"eval/" + m.Name, float32(m.Value)})
		}
		list = append(list, x)
	}
	pictures, err := r.pictures()
	if err != nil {
		return nil, err
	}
	for _, p := range pictures {
		c, err := png.DecodeConfig(bytes.NewReader(p.Data))
		if err != nil {
			return nil, usage.Errorf("%s: %s.png is no picture: %w", r.dir.Path(""), p.Name, err)
		}
		list = append(list, event{time: seconds(r, int(last)), step: last, image: &picture{p.Name, c.Width, c.Height, p.Data}})
	}
	return list, nil
}

func seconds(r *Run, step int) float64 { return float64(r.at(step).UnixMilli()) / 1e3 }

// continued returns what has to be written after the events that a file has: the rest, or from the first event that
// differs on, after a session start at its step.
func continued(had, wanted []event) []event {
	had = shown(had)
	i := 0
	for i < len(had) && i < len(wanted) && same(had[i], wanted[i]) {
		i++
	}
	if i == len(had) {
		return wanted[i:]
	}
	step := had[i].step
	if i < len(wanted) {
		step = min(step, wanted[i].step)
	}
	// All events of the step are discarded, those before i too.
	for i > 0 && wanted[i-1].step >= step {
		i--
	}
	start := event{step: step, session: true, time: had[len(had)-1].time}
	return append([]event{start}, wanted[i:]...)
}

// shown returns the events that TensorBoard shows of a file: a session start discards those from its step on.
func shown(all []event) []event {
	var list []event
	for _, e := range all {
		switch {
		case e.session:
			list = slices.DeleteFunc(list, func(x event) bool { return x.step >= e.step })
		case e.version == "":
			list = append(list, e)
		}
	}
	return list
}

// same compares the steps and values of events, and the names of pictures: times move as the run goes on.
func same(a, b event) bool {
	if a.step != b.step || (a.image == nil) != (b.image == nil) || a.image != nil && a.image.tag != b.image.tag {
		return false
	}
	return slices.EqualFunc(a.values, b.values, func(x, y scalar) bool { return x == y || fmt.Sprint(x) == fmt.Sprint(y) }) // NaN
}
