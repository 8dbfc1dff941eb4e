package live

import "time"

// SetReadTimeout sets the time that a client has to send a request, and returns a function that sets it back.
func SetReadTimeout(d time.Duration) (back func()) {
	was := readTimeout
	readTimeout = d
	return func() { readTimeout = was }
}
