package form

// Position is a place in the configuration file: line and column count from 1,
// the column in characters.
type Position struct {
	Line, Col int
}

// IsSet reports whether the position is known.
func (p Position) IsSet() bool { return p.Line > 0 }

// Fault is one thing that is wrong at a place.
type Fault struct {
	// Pos is the place.
	Pos Position
	// Msg says what is wrong.
	Msg string
	// Hint says what to write instead; it may be empty.
	Hint string
}
