// Package configs reads the configuration of the daemon, one YAML file, into a
// [Config] that is checked, filled with defaults and compiled, or into [Faults]:
// everything that is wrong with it at once, each at its place, with the line and
// what to write instead (CF1).
//
// # Usage
//
//	config, err := configs.Load(configs.DefaultConfig())
//	if err != nil {
//		fmt.Fprintln(os.Stderr, err) // all faults, ready to print
//		os.Exit(1)
//	}
//
// # What is decided here
//
// Names are resolved (queues, signals, units), paths are absolute, durations and
// sizes are numbers, and every ${…} and `when:` is compiled against the fields
// that its source's events have. Whoever uses a Config checks nothing again.
//
// A path in the configuration is absolute, or begins with ~/, or is relative to
// the directory of the configuration file.
//
// # Bounds
//
// A file has at most 4 MiB and one YAML document; aliases expand to at most
// 100,000 values. As root, a file that others can change is refused (CF2).
//
// # Schema
//
// [Schema] is a JSON Schema made from the same structures, for editors; go
// generate writes it into reactord.schema.json. The files beside it are examples,
// each of which is loaded by a test.
//
// # Concurrency
//
// The functions keep no state; a Config never changes and can be used by any
// number of goroutines.
package configs

//go:generate go run ./schemagen -o reactord.schema.json
//go:generate go run ./mangen -o ../docs/man/reactord.yaml.5
