package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"genlab/lab/live/inside"
)

// Reply is the answer to a request.
type Reply struct {
	Status int
	Type   string // of the body
	Body   []byte
}

// Failure is an error with the status that it is answered with.
type Failure struct {
	Status  int
	Message string
	Fields  []FieldError
}

func (f *Failure) Error() string { return f.Message }

func bad(format string, args ...any) error { return &Failure{400, fmt.Sprintf(format, args...), nil} }

func conflict(format string, args ...any) error {
	return &Failure{409, fmt.Sprintf(format, args...), nil}
}

// created is a value that is answered with status 201.
type created struct{ v any }

// file is an answer that is not JSON.
type file struct {
	kind string
	data []byte
}

// Handle answers a request of PROTOCOL.md but for events; see [Stages.Listen]. path is relative to the page,
// "api/options". A body of more than [MaxBody] bytes is the caller's to refuse.
func (s *Stages) Handle(method, path string, query url.Values, body []byte) Reply {
	v, err := s.route(method, path, query, body)
	if err != nil {
		return failed(err)
	}
	switch v := v.(type) {
	case nil:
		return Reply{Status: 204}
	case file:
		return Reply{200, v.kind, v.data}
	case created:
		return reply(201, v.v)
	}
	return reply(200, v)
}

func reply(status int, v any) Reply {
	b, err := json.Marshal(v)
	if err != nil {
		return failed(err)
	}
	return Reply{status, "application/json", b}
}

// failed returns the answer of an error.
func failed(err error) Reply {
	answer := struct {
		Error  string       `json:"error"`
		Fields []FieldError `json:"fields"`
	}{err.Error(), []FieldError{}}
	status := 500
	var f *Failure
	var invalid InvalidError
	var refused *inside.Refusal
	switch {
	case errors.As(err, &refused):
		if status = 409; refused.Invalid {
			status = 400
		}
	case errors.As(err, &invalid):
		status, answer.Fields = 422, invalid
	case errors.As(err, &f):
		status = f.Status
		if f.Fields != nil {
			answer.Fields = f.Fields
		}
	}
	return reply(status, answer)
}

func (s *Stages) route(method, path string, query url.Values, body []byte) (any, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] != "api" || len(parts) < 2 || len(parts) > 4 {
		return nil, &Failure{404, "there is no " + path, nil}
	}
	switch request := method + " " + strings.Join(parts[1:2], "/"); {
	case len(parts) == 2 && request == "GET options":
		return s.choices(query.Get("data"))
	case len(parts) == 2 && request == "GET map":
		return theMap().within(s.o.Backend), nil
	case len(parts) == 2 && request == "POST check":
		set, err := Decode(body)
		if err != nil {
			return nil, bad("%v", err)
		}
		wrong := check(set, s.o.Files)
		if wrong == nil {
			wrong = InvalidError{}
		}
		return map[string]any{"fields": wrong}, nil
	case len(parts) == 2 && request == "POST stages":
		set, err := Decode(body)
		if err != nil {
			return nil, bad("%v", err)
		}
		st, err := s.create(set)
		if err != nil {
			return nil, err
		}
		return created{st.describe()}, nil
	case len(parts) > 2 && parts[1] == "stages":
		st, err := s.stage(parts[2])
		if err != nil {
			return nil, err
		}
		return s.onStage(st, method, strings.Join(parts[3:], "/"), body)
	}
	return nil, &Failure{404, fmt.Sprintf("there is no %s %s", method, path), nil}
}

// onStage answers a request to one stage.
func (s *Stages) onStage(st *stage, method, what string, body []byte) (any, error) {
	if reason, no := s.o.Cannot[what]; no {
		return nil, &Failure{501, reason, nil}
	}
	switch method + " " + what {
	case "GET ":
		return st.describe(), nil
	case "DELETE ":
		s.mu.Lock()
		delete(s.stages, st.id)
		s.mu.Unlock()
		st.end()
		return nil, nil
	case "PUT ":
		set, err := Decode(body)
		if err == nil {
			if err := st.apply(set); err != nil {
				return nil, err
			}
			return st.describe(), nil
		}
		return nil, bad("%v", err)
	case "POST control":
		var c Control
		if err := strict(body, &c); err != nil {
			return nil, bad("the request is not valid: %v", err)
		}
		if err := st.control(c); err != nil {
			return nil, err
		}
		return st.describe(), nil
	case "POST inside":
		var r inside.Request
		if err := strict(body, &r); err != nil {
			return nil, bad("the request is not valid: %v", err)
		}
		return st.inside(r)
	case "POST save":
		var which struct {
			Panels []string `json:"panels"`
		}
		if len(body) > 0 {
			if err := strict(body, &which); err != nil {
				return nil, bad("the request is not valid: %v", err)
			}
		}
		return st.save(which.Panels)
	case "GET picture.png":
		b, err := st.picture()
		return file{"image/png", b}, err
	case "GET picture.gif":
		b, err := st.animation()
		return file{"image/gif", b}, err
	}
	return nil, &Failure{404, fmt.Sprintf("a stage has no %s %s", method, what), nil}
}
