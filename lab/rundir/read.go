package rundir

import (
	"fmt"
	"io"
	"os"
)

// maxFile is the largest file that is read whole, in bytes. A folder may come from elsewhere, with files of any size.
const maxFile = 256 << 20

// ReadFile reads a file of a run, a comparison or a sweep. It fails as [os.ReadFile] does, and with a *CorruptError
// where the file is larger than 256 MB or not a regular file.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() && !mode.IsDir() { // a pipe would be waited for
		return nil, &CorruptError{Path: path, Reason: "it is not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, path, info.Size())
}

// readAll reads r, the file at path, which has about size bytes.
func readAll(r io.Reader, path string, size int64) ([]byte, error) {
	var b []byte
	if size <= maxFile {
		var err error
		if b, err = io.ReadAll(io.LimitReader(r, maxFile+1)); err != nil {
			return nil, err
		}
	}
	if size > maxFile || len(b) > maxFile {
		return nil, &CorruptError{Path: path, Reason: fmt.Sprintf("it is larger than %d MB, which no such file is", maxFile>>20)}
	}
	return b, nil
}
