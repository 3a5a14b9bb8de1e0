package expr

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
)

// Fields are the fields of an event record at run time, by their names in JSON:
// an absent field is one without a key. Values are texts, booleans, numbers of
// any Go type (json.Number is one that none of them holds), lists (any slice) and
// objects (map[string]any). Texts may hold any bytes, valid UTF-8 or not (EV4).
type Fields map[string]any

// Env holds the names an expression may use, and their types.
type Env struct {
	kind  string
	types types.Map
	lists []string // the fields that are lists: an absent one is empty
}

// The names every event has (EV1).
var common = types.Map{
	"id":      types.String,
	"source":  types.String,
	"kind":    types.String,
	"time":    types.String,
	"attempt": types.Int,
	"run":     types.String,
	"count":   types.Int,
}

// change is one change of a file (EV3).
var change = types.Map{
	"op":     types.String,
	"path":   types.String,
	"from":   types.String,
	"to":     types.String,
	"dir":    types.Bool,
	"moved":  types.Bool,
	"rescan": types.Bool,
	"pid":    types.Int,
}

// changed are the fields of events about files. Those of a single change stand
// beside the list, and are absent when an event holds more than one (EV5).
var changed = types.Map{
	"changes": types.Array(change),
	"paths":   types.Array(types.String),
	"op":      types.String,
	"path":    types.String,
	"from":    types.String,
	"to":      types.String,
	"dir":     types.Bool,
	"moved":   types.Bool,
}

// peer is who is at the other end, and message what it sent (EV3).
var (
	peer    = types.Map{"pid": types.Int, "uid": types.Int, "gid": types.Int, "addr": types.String}
	message = types.Map{"data": types.String, "peer": peer, "descriptors_lost": types.Bool}
)

// kinds has what each kind of source adds to the common names (EV2, EV3).
var kinds = map[string]types.Map{
	"timer": {"data": types.Int, "ticks": types.Int, "scheduled": types.String},
	"read": {
		"data": types.Int, "bytes": types.Int, "eof": types.Bool, "lines": types.Array(types.String),
		"messages": types.Array(message), "peer": peer,
	},
	"internal": {"what": types.String, "about": types.String},
	"port":     {"messages": types.Array(message), "eof": types.Bool, "peer": peer},
	"write":    {"data": types.Int, "eof": types.Bool},
	"pressure": {"resource": types.String, "level": types.String},
	"vnode":    merged(changed, types.Map{"data": types.Int}),
	"files":    changed,
	"signal": {
		"data": types.Int, "signal": types.String,
		"senders": types.Array(types.Map{"pid": types.Int, "uid": types.Int, "value": types.Int}),
	},
	"process": {
		"what": types.String, "pid": types.Int, "name": types.String, "child": types.Int,
		"exit": types.Map{"code": types.Int, "signal": types.String, "core": types.Bool},
	},
	"custom":      {"data": types.Int},
	"custom list": {"items": types.Array(types.Any)},
	"write from":  merged(changed, types.Map{"data": types.Int}),
}

// EnvFor returns the names for the events of a kind of source: timer, read,
// write, vnode, files, signal, process, port, internal, custom (add, or and
// replace), "custom list", and "write from" for one that sends files. With each
// "line" an event of the kind read has its line, with each "message" one of read or
// port the text of its message. For any other kind there are the names all events
// have.
func EnvFor(kind, each string) *Env {
	all := merged(common, kinds[kind])
	if kind == "read" && each == "line" {
		all["line"] = types.String
	}
	if (kind == "read" || kind == "port") && each == "message" {
		all["message"] = types.String
	}
	env := &Env{kind: kind, types: all}
	for name, t := range all {
		if isList(t.Nature()) {
			env.lists = append(env.lists, name)
		}
	}
	return env
}

// Names returns the fields an expression may read, in alphabetical order.
func (e *Env) Names() []string { return sortedNames(e.types) }

// untyped has the same names, each of an unknown type.
func (e *Env) untyped() types.Map {
	names := make(types.Map, len(e.types))
	for name := range e.types {
		names[name] = types.Any
	}
	return names
}

// record is f as an expression sees it: with an empty list for each absent one.
func (e *Env) record(f Fields) map[string]any {
	var filled map[string]any
	for _, name := range e.lists {
		if f[name] != nil {
			continue
		}
		if filled == nil {
			filled = make(map[string]any, len(f)+len(e.lists))
			for key, value := range f {
				filled[key] = value
			}
		}
		filled[name] = []any{}
	}
	if filled == nil {
		return f
	}
	return filled
}

// describe lists the fields for a message.
func (e *Env) describe() string {
	return "fields of a " + e.kind + " event: " + strings.Join(e.Names(), ", ")
}

func merged(maps ...types.Map) types.Map {
	all := types.Map{}
	for _, m := range maps {
		for name, t := range m {
			all[name] = t
		}
	}
	return all
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
