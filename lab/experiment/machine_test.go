package experiment

import (
	"runtime"
	"testing"
)

// TestProcessor: two generations of processors with one name have different ones here.
func TestProcessor(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: other\n": "AMD EPYC (family 26, model 2)",
		"processor\t: 0\nmodel name\t: ARMv8\n": "ARMv8",
		"\nprocessor\t: 0\n":                    runtime.GOARCH,
	} {
		if got := processor(cpuinfo); got != want {
			t.Errorf("%q: %q, want %q", cpuinfo, got, want)
		}
	}
}
