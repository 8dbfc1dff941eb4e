//go:build !linux

package memory

func available() int64 { return Unknown }
