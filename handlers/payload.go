package handlers

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Payload is a payload of a custom list as an event holds it: what encoding/json
// makes of JSON, with its numbers as they are written, or the text when it is none.
func Payload(text string) any {
	var payload any
	if !json.Valid([]byte(text)) || decode([]byte(text), &payload) != nil {
		return text
	}
	return payload
}

// decode reads one value of JSON and leaves numbers as they are written, where
// nothing else says what they are: a float64 holds neither long ones nor large ones.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// computable is a payload with numbers to compute with. One that none of Go's holds
// stays as it is written: it can be passed on and compared for its size.
func computable(payload any) any {
	switch v := payload.(type) {
	case json.Number:
		return value(v)
	case []any:
		elements := make([]any, len(v))
		for i, element := range v {
			elements[i] = computable(element)
		}
		return elements
	case map[string]any:
		fields := make(map[string]any, len(v))
		for name, field := range v {
			fields[name] = computable(field)
		}
		return fields
	}
	return payload
}

func value(n json.Number) any {
	if i, err := strconv.Atoi(n.String()); err == nil {
		return i
	}
	if !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n
}
