package compare

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a float64 whose JSON may be non-finite: NaN is null, the infinities are "Infinity" and
// "-Infinity".
type Number float64

// MarshalJSON implements [json.Marshaler].
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements [json.Unmarshaler]. It fails for anything but a number, null and the two strings.
func (n *Number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = Number(math.NaN())
	case `"Infinity"`:
		*n = Number(math.Inf(1))
	case `"-Infinity"`:
		*n = Number(math.Inf(-1))
	default:
		var f float64
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("%s is not a number", b)
		}
		*n = Number(f)
	}
	return nil
}

func finite(v Number) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }
