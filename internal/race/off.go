//go:build !race

// Package race tells tests whether they run under the race detector (go test -race), where allocations
// cannot be counted: it drops what a sync.Pool holds at random and allocates by itself.
package race

// Enabled is whether the race detector is on.
const Enabled = false
