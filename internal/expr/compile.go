package expr

import (
	"errors"
	"fmt"
	"reflect"

	exprlang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// What an expression may cost: its length bounds the parser's recursion, its
// nodes the compiler's work, the budget how many elements a run may build.
const (
	maxLength    = 8 << 10
	maxNodes     = 1000
	memoryBudget = 1_000_000
)

// unbounded are the built-in functions whose cost the memory budget does not
// bound: they make long texts out of short ones.
var unbounded = []string{"repeat", "reduce"}

// code is a compiled expression.
type code struct {
	text    string
	env     *Env
	program *vm.Program
	result  nature.Nature // the type of what it gives, as far as it is known
}

// compile compiles an expression twice: once with the types of the fields, which
// finds the faults, and once without, because a program compiled with types
// fails on values that are absent.
func compile(text string, env *Env) (*code, *Error) {
	if len(text) > maxLength {
		return nil, &Error{Msg: fmt.Sprintf("expression is longer than %d bytes", maxLength)}
	}
	names := newNames(env)
	typed, err := exprlang.Compile(text, options(env.types, names, exprlang.Optimize(false))...)
	if f := names.fault(text); f != nil {
		return nil, f
	}
	if err != nil {
		return nil, fault(err, text)
	}
	program, err := exprlang.Compile(text, options(env.untyped(), &absence{})...)
	if err != nil {
		return nil, fault(err, text)
	}
	return &code{text: text, env: env, program: program, result: *typed.Node().Nature()}, nil
}

// options are those of both compilations.
func options(env types.Map, visitor ast.Visitor, more ...exprlang.Option) []exprlang.Option {
	all := append(more,
		exprlang.Env(env),
		exprlang.MaxNodes(maxNodes),
		exprlang.Patch(&calls{}),
		exprlang.Patch(visitor),
	)
	for _, name := range unbounded {
		all = append(all, exprlang.DisableBuiltin(name))
	}
	return append(all, functions()...)
}

// run evaluates the expression over f.
func (c *code) run(f Fields) (any, error) {
	machine := vm.VM{MemoryBudget: memoryBudget}
	value, err := machine.Run(c.program, c.env.record(f))
	var lib *file.Error
	if errors.As(err, &lib) {
		return nil, errors.New(lib.Message)
	}
	return value, err
}

// isList reports whether a value of type n is a list, as far as is known.
func isList(n nature.Nature) bool {
	return (n.Kind == reflect.Slice || n.Kind == reflect.Array) && !n.IsByteSlice()
}

// isObject reports whether a value of type n is an object, as far as is known.
func isObject(n nature.Nature) bool { return n.Kind == reflect.Map }
