package expr

import (
	"errors"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// Error is a fault in a template or a condition, found when it is compiled.
type Error struct {
	// Offset is where the fault begins in the compiled text, in bytes.
	Offset int
	// Msg says what is wrong.
	Msg string
	// Hint says what to write instead; it is empty where there is nothing to say.
	Hint string
}

// Error returns what is wrong, without the hint.
func (e *Error) Error() string { return e.Msg }

// fault turns an error of the library into one of ours: without the excerpt it
// draws, and with the offset in bytes of code instead of in characters.
func fault(err error, code string) *Error {
	var lib *file.Error
	if !errors.As(err, &lib) {
		return &Error{Msg: err.Error()}
	}
	return &Error{Offset: byteOffset(code, lib.From), Msg: lib.Message}
}

// byteOffset is the offset in bytes of the character at index in s.
func byteOffset(s string, index int) int {
	offset := 0
	for ; index > 0 && offset < len(s); index-- {
		_, size := utf8.DecodeRuneInString(s[offset:])
		offset += size
	}
	return offset
}
