package gentest

import (
	"fmt"
	"runtime"
	"testing"
)

// MustFail runs suite with a recorder instead of t, and fails t if the suite passes. It shows that a
// suite detects a fault, which names the failure.
func MustFail(t testing.TB, fault string, suite func(t testing.TB)) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // FailNow ends its goroutine, as it does in package testing
		defer close(done)
		suite(r)
	}()
	<-done
	if !r.failed {
		t.Errorf("%s: the suite did not fail", fault)
	}
	for _, m := range r.messages {
		t.Logf("%s: %s", fault, m)
	}
}

// recorder is a testing.TB that records failures.
type recorder struct {
	testing.TB
	failed   bool
	messages []string
}

func (r *recorder) Helper()      {}
func (r *recorder) Fail()        { r.failed = true }
func (r *recorder) Failed() bool { return r.failed }
func (r *recorder) FailNow()     { r.failed = true; runtime.Goexit() }

func (r *recorder) Log(args ...any) { r.messages = append(r.messages, fmt.Sprint(args...)) }
func (r *recorder) Logf(f string, args ...any) {
	r.messages = append(r.messages, fmt.Sprintf(f, args...))
}

func (r *recorder) Error(args ...any)            { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(f string, args ...any) { r.Logf(f, args...); r.Fail() }
func (r *recorder) Fatal(args ...any)            { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(f string, args ...any) { r.Logf(f, args...); r.FailNow() }
