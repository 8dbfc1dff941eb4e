package datasets

import "errors"

// ErrDamaged is matched (errors.Is) by the errors of files that are cut short or are not of
// the format that their extension promises; what a sound file lacks is another error.
var ErrDamaged = errors.New("damaged file")
