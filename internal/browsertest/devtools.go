package browsertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// connection speaks the DevTools protocol with a browser over a pipe: JSON messages that end with a zero byte.
type connection struct {
	cmd  *exec.Cmd
	to   *os.File
	mu   sync.Mutex
	last int
	wait map[int]chan message
	seen []string // faults
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// connect reads the browser's messages until it ends.
func connect(cmd *exec.Cmd, to, from *os.File) *connection {
	c := &connection{cmd: cmd, to: to, wait: map[int]chan message{}}
	go func() {
		defer from.Close()
		r := bufio.NewReaderSize(from, 1<<20)
		for {
			raw, err := r.ReadBytes(0)
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
				continue
			}
			c.mu.Lock()
			if answer := c.wait[m.ID]; m.ID > 0 && answer != nil {
				delete(c.wait, m.ID)
				answer <- m
			} else {
				c.note(m)
			}
			c.mu.Unlock()
		}
	}()
	return c
}

// call sends a command and waits for its answer.
func (c *connection) call(session, method string, params map[string]any) (json.RawMessage, error) {
	answer := make(chan message, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.wait[id] = answer
	command := map[string]any{"id": id, "method": method}
	if params != nil {
		command["params"] = params
	}
	if session != "" {
		command["sessionId"] = session
	}
	raw, err := json.Marshal(command)
	if err == nil {
		_, err = c.to.Write(append(raw, 0))
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return nil, errors.New(m.Error.Message)
		}
		return m.Result, nil
	case <-time.After(time.Minute):
		return nil, errors.New("no answer from the browser within a minute")
	}
}

// note keeps what an event reports as a fault.
func (c *connection) note(m message) {
	var p struct {
		Type             string
		Args             []struct{ Value, Description any }
		Entry            struct{ Level, Text, URL string }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		ErrorText string
		Canceled  bool
	}
	if json.Unmarshal(m.Params, &p) != nil {
		return
	}
	switch {
	case m.Method == "Runtime.exceptionThrown":
		c.seen = append(c.seen, p.ExceptionDetails.Text+" "+p.ExceptionDetails.Exception.Description)
	case m.Method == "Runtime.consoleAPICalled" && (p.Type == "error" || p.Type == "assert"):
		c.seen = append(c.seen, strings.TrimSpace(fmt.Sprintln("console:", p.Args)))
	case m.Method == "Log.entryAdded" && p.Entry.Level == "error":
		c.seen = append(c.seen, p.Entry.Text+" "+p.Entry.URL)
	}
}

func (c *connection) faults() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.seen...)
}

// close ends the browser.
func (c *connection) close() {
	_, _ = c.call("", "Browser.close", nil)
	done := make(chan struct{})
	go func() { _ = c.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-done
	}
	c.to.Close()
}
