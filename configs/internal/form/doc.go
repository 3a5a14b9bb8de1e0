// Package form is the configuration as it is written: the structures its YAML
// fills, the values that stand in them, and the strict decoder that fills them.
//
// # Usage
//
// [Parse] reads a text and returns the [Document] with every fault it met, each
// at its place. A document with faults is filled as far as it can be, so that
// whoever works on with it finds the other faults too.
//
// # Tags
//
// The structures say in the tags of their fields what may be written; decoder
// and JSON Schema both read them:
//
//   - yaml: the key.
//   - oneof: the values, divided by "|".
//   - later: the values that are planned, but not there yet.
//   - instead: what to use for what is not there yet.
//   - default: the value when the key is missing; lists are divided by "|".
//   - need: "true" if the key must be there.
//   - least: "1" if a list must not be empty.
//   - null: "empty" if a key without a value is an empty map.
//   - hint: what to say about a value of the wrong kind.
//
// A key that is planned, but not there yet, is a field of type [Later].
//
// # Bounds
//
// Aliases are followed up to a total of 100,000 nodes, and never in a cycle.
package form
