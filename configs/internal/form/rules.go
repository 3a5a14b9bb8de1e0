package form

import (
	"reflect"
	"strings"
)

// rules are what a field's tags say about its value.
type rules struct {
	key     string // what the value is called in messages
	at      Position
	oneof   []string
	later   []string
	instead string
	hint    string
	empty   bool // a missing value is an empty map
	least   bool // a list has at least one element
}

func rulesOf(f reflect.StructField) rules {
	return rules{
		key:     f.Tag.Get("yaml"),
		oneof:   split(f.Tag.Get("oneof")),
		later:   split(f.Tag.Get("later")),
		instead: f.Tag.Get("instead"),
		hint:    f.Tag.Get("hint"),
		empty:   f.Tag.Get("null") == "empty",
		least:   f.Tag.Get("least") == "1",
	}
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, "|")
}

// fields are the fields of a structure that have a key, in order.
func fields(t reflect.Type) []reflect.StructField {
	var keyed []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("yaml") != "" {
			keyed = append(keyed, f)
		}
	}
	return keyed
}

// setDefaults fills a structure, and those it contains, with the defaults its
// tags give. What is behind a pointer is filled when it is made.
func setDefaults(v reflect.Value) {
	for _, f := range fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		value, given := f.Tag.Lookup("default")
		target := field.Addr().Interface()
		switch {
		case !given && field.Kind() == reflect.Struct:
			if _, isLeaf := target.(leaf); !isLeaf {
				setDefaults(field)
			}
		case !given:
		case field.Kind() == reflect.Slice:
			for _, s := range split(value) {
				element := reflect.New(field.Type().Elem())
				setLeaf(element.Interface().(leaf), s, rulesOf(f))
				field.Set(reflect.Append(field, element.Elem()))
			}
		default:
			setLeaf(target.(leaf), value, rulesOf(f))
		}
	}
}

func setLeaf(l leaf, value string, r rules) {
	l.text().Value = value
	if msg, _ := l.parse(r); msg != "" {
		panic("configs: default: " + msg)
	}
}
