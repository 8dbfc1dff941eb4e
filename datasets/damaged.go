package datasets

import (
	"errors"
	"fmt"
)

// ErrCorrupt is matched (errors.Is) by the errors of files that are cut short or are not of
// the format that their extension promises; what a sound file lacks is another error.
var ErrCorrupt = errors.New("damaged file")

// damage is an error that matches ErrCorrupt and says more.
type damage string

func (d damage) Error() string        { return string(d) }
func (d damage) Is(target error) bool { return target == ErrCorrupt }

func corruptf(format string, args ...any) error { return damage(fmt.Sprintf(format, args...)) }
