// Package memory tells how much memory this process can still take.
package memory

import "math"

// Unknown is what [Available] returns where nothing is known: more than any machine has.
const Unknown = math.MaxInt64

// Available returns the number of bytes that the process can still allocate without swapping: the least
// of what the system has left, what a control group leaves (Linux), and what ulimit -v leaves. Where none of
// these can be read it returns [Unknown].
func Available() int64 { return available() }
