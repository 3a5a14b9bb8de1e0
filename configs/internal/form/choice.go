package form

import (
	"fmt"
	"slices"
	"strings"
)

// Choice is one of the values that the field's tag "oneof" lists.
type Choice struct{ Text }

func (c *Choice) parse(r rules) (msg, hint string) {
	switch {
	case slices.Contains(r.oneof, c.Value):
		return "", ""
	case slices.Contains(r.later, c.Value):
		return notYet(fmt.Sprintf("%s %q", r.key, c.Value)), r.instead
	}
	hint = Suggest(c.Value, r.oneof)
	if hint == "" {
		hint = "one of " + strings.Join(r.oneof, ", ")
	}
	return fmt.Sprintf("unknown value %q for %s", c.Value, r.key), hint
}

// Later is the type of a key that is planned, but not there yet: to write it is
// a fault that says so.
type Later struct{}

// notYet is the message for what is planned.
func notYet(what string) string { return what + " is not yet implemented" }
