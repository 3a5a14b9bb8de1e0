// Package expr is the small expression language of the configuration: the
// conditions of `when:` and the `${…}` inside texts and arguments. Both read
// the fields of one event record (EV1 to EV6).
//
// # Usage
//
// An [Env] names the fields a kind of source has and their types. Against it a
// [Condition] or a [Template] is compiled once, when the configuration is
// loaded; a field that does not exist, a number used as a text, a list in the
// middle of a text are errors then, not at three in the morning:
//
//	env := expr.EnvFor("files", "path")
//	t, err := expr.CompileTemplate("thumb-${base(path)}", env)
//	text, err := t.Text(expr.Fields{"path": "/srv/uploads/a.jpg"})
//
// # The language
//
// It is that of expr-lang: operators, ?: and ??, `in`, `matches`, any(), all(),
// map(), filter(), and so on, without ranges, repeat() and reduce(), whose cost
// nothing bounds. Beside the built-in functions there are base(path), dir(path)
// and ext(path). Nothing outside the record can be read: neither the daemon's
// environment nor its files.
//
// In a template `$${` is a literal `${`, and a `$` before anything else is
// itself.
//
// # Absent values
//
// A value that is not known is absent from the record (EV1). Absent is the
// empty text in a text and the empty argument in a command; a field of an absent
// object and an element beyond the end of a list are absent; absent is equal to
// nil only, and smaller or greater than nothing; an absent list is an empty one.
//
// # Concurrency
//
// Env, Template and Condition never change once made and can be used by any
// number of goroutines.
package expr
