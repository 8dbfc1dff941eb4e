package rundir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"genlab/internal/atomicfile"
)

// Field is a named metric of the log.
type Field struct {
	Name  string
	Value float64
}

// Entry is a line of the log.
type Entry struct {
	Step   int
	Fields []Field // in the order written
}

// renamed gives the names of metrics in logs of earlier versions their present ones.
var renamed = map[string]string{"wasserstein": "w1_estimate"}

// Value returns the metric of that name, or of its former name, and whether the entry has it.
func (e Entry) Value(name string) (float64, bool) {
	if now, ok := renamed[name]; ok {
		name = now
	}
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// Log appends a line to metrics.jsonl: {"step":100,"loss":0.125}. JSON has no numbers that are
// not finite: NaN, +Inf and -Inf are written as the strings "NaN", "Infinity" and "-Infinity",
// which Go, Python and JavaScript parse as numbers. Lines are buffered until Flush, Save or
// Close. Log fails where step is negative, where a name is empty, is "step", occurs twice or is
// not UTF-8, and where the file cannot be written.
func (d *Dir) Log(step int, fields ...Field) error {
	line, err := appendEntry(nil, Entry{step, fields})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.record(MetricsFile); err != nil {
		return err
	}
	if d.log == nil {
		if d.log, err = openLog(d.disk, d.Path(MetricsFile)); err != nil {
			return err
		}
	}
	_, err = d.log.Write(line)
	return d.logError(err)
}

// Flush passes the lines logged so far to the operating system, without syncing the disk. It
// fails where they cannot be written.
func (d *Dir) Flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flush()
}

// TrimLog removes the lines after step, and an incomplete last line: what a run logged after
// its last checkpoint, before it is resumed from there. It fails with a *CorruptError where
// another line is damaged, and where the file cannot be written.
func (d *Dir) TrimLog(step int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.closeLog(); err != nil {
		return err
	}
	entries, text, err := d.readLog()
	if err != nil {
		return err
	}
	var kept []byte
	for _, e := range entries {
		if e.Step <= step {
			kept = append(kept, text[e.from:e.to]...)
		}
	}
	if len(kept) == len(text) {
		return nil
	}
	return d.writeFile(MetricsFile, kept)
}

// ReadLog returns the lines of the log, none where there is no log. Metrics of earlier versions have their present names. An incomplete last line is
// left out; ReadLog fails with a *CorruptError where another line is damaged, and where the file
// cannot be read.
func (d *Dir) ReadLog() ([]Entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.flush(); err != nil {
		return nil, err
	}
	lines, _, err := d.readLog()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(lines))
	for i, l := range lines {
		entries[i] = l.Entry
	}
	return entries, nil
}

// logLine is an entry and its byte range in the file.
type logLine struct {
	Entry
	from, to int
}

func (d *Dir) readLog() ([]logLine, []byte, error) {
	text, err := ReadFile(d.Path(MetricsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var lines []logLine
	for from := 0; ; {
		n := bytes.IndexByte(text[from:], '\n') + 1
		if n == 0 {
			return lines, text, nil
		}
		e, err := parseEntry(text[from : from+n])
		if err != nil {
			return nil, nil, &CorruptError{Path: d.Path(MetricsFile), Reason: fmt.Sprintf("line %d: %v", len(lines)+1, err), Err: err}
		}
		for i, f := range e.Fields {
			if now, ok := renamed[f.Name]; ok {
				e.Fields[i].Name = now
			}
		}
		lines = append(lines, logLine{e, from, from + n})
		from += n
	}
}

// logFile is metrics.jsonl opened for appending.
type logFile struct {
	*bufio.Writer
	file atomicfile.File
}

// openLog opens the log at the end of its last complete line.
func openLog(disk atomicfile.Disk, path string) (*logFile, error) {
	f, err := disk.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", path, atomicfile.Cause(err))
	}
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	text, err := readAll(f, path, size)
	if err == nil {
		if end := bytes.LastIndexByte(text, '\n') + 1; end < len(text) {
			err = f.Truncate(int64(end))
			if err == nil {
				_, err = f.Seek(int64(end), io.SeekStart)
			}
		}
	}
	if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
		f.Close()
		return nil, err
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s cannot be continued: %w", path, atomicfile.Cause(err))
	}
	return &logFile{bufio.NewWriter(f), f}, nil
}

func (d *Dir) flush() error {
	if d.log == nil {
		return nil
	}
	return d.logError(d.log.Flush())
}

// syncLog flushes the lines logged so far and syncs the file.
func (d *Dir) syncLog() error {
	if d.log == nil {
		return nil
	}
	return d.logError(errors.Join(d.log.Flush(), d.log.file.Sync()))
}

func (d *Dir) closeLog() error {
	if d.log == nil {
		return nil
	}
	err := d.logError(errors.Join(d.log.Flush(), d.log.file.Close()))
	d.log = nil
	return err
}

func (d *Dir) logError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s cannot be written: %w", d.Path(MetricsFile), atomicfile.Cause(err))
}
