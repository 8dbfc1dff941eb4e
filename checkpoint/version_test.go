package checkpoint

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestVersions: a file without a version is read, one of a newer version is refused with what to do, whatever its sum is.
func TestVersions(t *testing.T) {
	b := encode(t, sample())
	for text, want := range map[string]string{
		`"version":"1"`: "SHA-256", // an older version, whose sum this change breaks
		`"version":"3"`: "newer genlab",
		`"version":"0"`: "a number from 1",
		`"version":"x"`: "a number from 1",
	} {
		changed := bytes.Replace(b, []byte(`"version":"2"`), []byte(text), 1)
		if bytes.Equal(changed, b) {
			t.Fatal("the file has no version")
		}
		_, err := Decode(changed)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrNewer) != (text == `"version":"3"`) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
