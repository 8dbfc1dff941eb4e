package checkpoint

import (
	"errors"
	"strconv"
)

// version is that of the contents of a file: the names, shapes and meaning of its tensors and of its metadata.
//
//	1  files without a version
//	2  the constants of the model, which no setting gives, are in the metadata as meta.constants
const version = 2

// ErrNewer is the cause of the [*CorruptError] of a file that a newer version of genlab wrote.
var ErrNewer = errors.New("a newer version")

// checkVersion returns an error unless this program reads the version of a file, "" for version 1.
func checkVersion(text string) *CorruptError {
	if text == "" {
		return nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 {
		return corrupt("its version is %.100q; expected a number from 1", text)
	}
	if v > version {
		e := corrupt("its version is %d, but this genlab reads versions up to %d: open it with a newer genlab, or train the run again with this one", v, version)
		e.Err = ErrNewer
		return e
	}
	return nil
}
