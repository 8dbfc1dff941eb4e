package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFile is the largest file that is parsed, in bytes: the parser takes quadratic time.
const MaxFile = 64 << 10

// ReadYAML sets the fields of cfg, a pointer to a struct, from a file. It fails with an *[Error].
func ReadYAML(path string, cfg any) error {
	data, err := readFile(path)
	if err != nil {
		return err
	}
	return DecodeYAML(path, data, cfg)
}

// readFile reads no more of a file than is accepted and a byte.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return data, nil
}

func unreadable(path string, err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err // the path is said already
	}
	return &Error{Source: path, Msg: "cannot be read: " + err.Error(), Err: err}
}

// DecodeYAML is [ReadYAML] of a text; name is the file name in errors.
func DecodeYAML(name string, data []byte, cfg any) error {
	values, bad := scan(data)
	if bad == nil {
		bad = attempt(cfg, func(fields []Field) *Error { return assign(fields, values) })
	}
	if bad != nil {
		bad.Source = name
		return bad
	}
	return nil
}

// ValueOf returns the text of one key in a configuration, "" where it is not set; name is the file name in
// errors. It fails with an *[Error] where [DecodeYAML] would for the form of the text.
func ValueOf(name string, data []byte, key string) (string, error) {
	values, bad := scan(data)
	if bad != nil {
		bad.Source = name
		return "", bad
	}
	for _, v := range values {
		if v.key.Value == key {
			return v.val.Value, nil
		}
	}
	return "", nil
}

// value is a line of the file, whose tokens have the text, the kind and the position.
type value struct{ key, val *token.Token }

func assign(fields []Field, values []value) *Error {
	names := map[string]string{} // under which each key is set
	for _, v := range values {
		f, err := find(fields, v.key.Value)
		if err != nil {
			e := at(v.key, "%v", err)
			e.Err = err
			return e
		}
		if was, twice := names[f.Key]; twice {
			e := at(v.key, "is another name of %s, which is set too: remove one", was)
			e.Key = v.key.Value
			return e
		}
		names[f.Key] = v.key.Value
		quoted := v.val.Type == token.DoubleQuoteType || v.val.Type == token.SingleQuoteType
		switch f.Type {
		case "bool", "int", "uint", "float":
			if quoted {
				err = fmt.Errorf("must be a %s, not text: remove the quotes around %q", f.Type, v.val.Value)
			}
		}
		if err == nil {
			err = parse(f.Value, v.val.Value)
		}
		if err != nil {
			e := at(v.val, "%v", err)
			e.Key, e.Err = f.Key, err
			return e
		}
	}
	return nil
}

// parseYAML checks the size and the characters of a file, then its tokens, and parses it. It rejects the parts of
// YAML in refused, except those of the types allowed.
func parseYAML(data []byte, allowed ...token.Type) (*ast.File, *Error) {
	if len(data) > MaxFile {
		return nil, &Error{Msg: fmt.Sprintf("is larger than %d KB, which no configuration is", MaxFile>>10)}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := readable(data); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(data))
	if err := plain(tokens, allowed); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		e := &Error{Line: 1, Column: 1, Msg: "is not YAML: " + err.Error(), Err: err}
		if ye := yaml.Error(nil); errors.As(err, &ye) {
			e.Msg = "is not YAML: " + ye.GetMessage()
			if p := ye.GetToken().Position; p != nil {
				e.Line, e.Column = p.Line, p.Column
			}
		}
		return nil, e
	}
	return file, nil
}

// scan parses the "key: value" lines of a file.
func scan(data []byte) (values []value, bad *Error) {
	file, bad := parseYAML(data)
	if bad != nil {
		return nil, bad
	}
	for _, doc := range file.Docs {
		var pairs []*ast.MappingValueNode
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			pairs = body.Values
		case *ast.MappingValueNode:
			pairs = append(pairs, body)
		default:
			return nil, at(body.GetToken(), `want "key: value" with a space after the colon, not %q`, body.GetToken().Value)
		}
		for _, p := range pairs {
			v := value{p.Key.GetToken(), p.Value.GetToken()}
			switch n := p.Value.(type) {
			case *ast.NullNode:
				e := at(v.key, "has no value: give one or remove the line (the empty text is \"\")")
				e.Key = v.key.Value
				return nil, e
			case ast.ScalarNode:
			default:
				return nil, at(n.GetToken(), "nested keys are not supported: every setting stands at the left margin")
			}
			values = append(values, v)
		}
	}
	return values, nil
}

// readable returns an error for bytes that are not text.
func readable(data []byte) *Error {
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return &Error{Line: line, Column: column, Msg: fmt.Sprintf("byte %#02x is not valid UTF-8: save the file as UTF-8", data[i])}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return &Error{Line: line, Column: column, Msg: fmt.Sprintf("control character %U is not text: remove it", r)}
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		i += n
	}
	return nil
}

// refused are the parts of YAML that are not supported. They are rejected before parsing, so that the
// parser never processes nested input.
var refused = map[token.Type]string{
	token.AnchorType:        "anchors (&) are not supported: write the value out",
	token.AliasType:         "aliases (*) are not supported: write the value out, or quote the text",
	token.MergeKeyType:      "merge keys (<<) are not supported: write the values out",
	token.TagType:           "tags (!) are not supported: remove it, or quote the text",
	token.DirectiveType:     "directives (%) are not supported: remove it, or quote the text",
	token.LiteralType:       "block text (|) is not supported: write it on one line in double quotes",
	token.FoldedType:        "block text (>) is not supported: write it on one line in double quotes",
	token.MappingKeyType:    `complex keys (?) are not supported: write "key: value"`,
	token.SequenceEntryType: "lists (-) are not supported: every setting has one value",
	token.SequenceStartType: "lists ([) are not supported: every setting has one value, or quote the text",
	token.MappingStartType:  `braces ({) are not supported: write "key: value", each on its own line`,
	token.DocumentEndType:   "a file holds one document: remove the ... and what follows",
}

func plain(tokens token.Tokens, allowed []token.Type) *Error {
	begun := false
	for _, t := range tokens {
		switch {
		case t.Type == token.InvalidType: // the parser says why
			return nil
		case refused[t.Type] != "" && !slices.Contains(allowed, t.Type):
			return at(t, "%s", refused[t.Type])
		case t.Type == token.DocumentHeaderType && begun:
			return at(t, "a file holds one document: remove the --- and what follows")
		}
		begun = begun || t.Type != token.CommentType
	}
	return nil
}

func at(t *token.Token, msg string, args ...any) *Error {
	return &Error{Line: t.Position.Line, Column: t.Position.Column, Msg: fmt.Sprintf(msg, args...)}
}
