//go:build amd64 && !linux && !noasm

package kernel

func mayUseTiles() bool { return false }
