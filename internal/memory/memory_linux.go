package memory

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func available() int64 {
	return min(systemLeft(), groupLeft("/proc/self/cgroup", "/sys/fs/cgroup"), addressSpaceLeft())
}

// systemLeft is MemAvailable, the kernel's own estimate.
func systemLeft() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Unknown
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemAvailable:" {
			if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return kb << 10
			}
		}
	}
	return Unknown
}

// groupLeft is the least that a control group (version 2) of the process, or one that holds it, leaves.
func groupLeft(self, root string) int64 {
	text, err := os.ReadFile(self)
	if err != nil {
		return Unknown
	}
	left := int64(Unknown)
	for line := range strings.Lines(string(text)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		for dir := filepath.Join(root, path); strings.HasPrefix(dir, root); dir = filepath.Dir(dir) {
			limit, err1 := number(filepath.Join(dir, "memory.max"))
			used, err2 := number(filepath.Join(dir, "memory.current"))
			if err1 == nil && err2 == nil {
				left = min(left, max(0, limit-used))
			}
		}
	}
	return left
}

// number reads a file that holds a number; "max" is an error, as anything else.
func number(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// addressSpaceLeft is the limit that ulimit -v sets, less what is in use.
func addressSpaceLeft() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &limit); err != nil || limit.Cur > 1<<62 {
		return Unknown
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return Unknown
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		return Unknown
	}
	return max(0, int64(limit.Cur)-pages*int64(os.Getpagesize()))
}
