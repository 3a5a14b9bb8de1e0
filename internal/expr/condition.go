package expr

import (
	"fmt"

	"github.com/expr-lang/expr/checker/nature"
)

// Condition is a compiled `when:`, safe for use by any number of goroutines.
type Condition struct{ code *code }

// CompileCondition compiles a condition over the fields of env. The error is an
// *Error, with its offset in text.
func CompileCondition(text string, env *Env) (*Condition, error) {
	c, f := compile(text, env)
	if f != nil {
		return nil, f
	}
	if !c.result.IsBool() && !c.result.IsUnknown(new(nature.Cache)) {
		return nil, &Error{
			Msg:  fmt.Sprintf("the condition is %s, not true or false", article(c.result)),
			Hint: "compare it with something, as in data > 3",
		}
	}
	return &Condition{code: c}, nil
}

// True reports whether the condition holds for the record f. Absent is false.
// An error tells that the condition cannot be evaluated over these values, such
// as when it divides by zero.
func (c *Condition) True(f Fields) (bool, error) {
	value, err := c.code.run(f)
	if err != nil {
		return false, fmt.Errorf("evaluate %s: %w", c, err)
	}
	switch v := value.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	default:
		return false, fmt.Errorf("evaluate %s: the result is a %T, not true or false", c, value)
	}
}

// String returns the source text.
func (c *Condition) String() string { return c.code.text }

// article names a type in a message.
func article(n nature.Nature) string {
	switch {
	case isList(n):
		return "a list"
	case isObject(n):
		return "an object"
	case n.IsString():
		return "a text"
	case n.IsNumber():
		return "a number"
	case n.Nil:
		return "nil"
	default:
		return "a " + n.String()
	}
}
