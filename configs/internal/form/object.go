package form

// Object is the place of a map and of its keys; every structure that is written
// as a map embeds it.
type Object struct {
	// Pos is where the map begins; it is not set if it was not written.
	Pos Position `yaml:"-"`

	keys map[string]Position
}

// Has reports whether a key was written.
func (o *Object) Has(key string) bool {
	_, written := o.keys[key]
	return written
}

// Key returns the place of a key, or of the map if the key was not written.
func (o *Object) Key(key string) Position {
	if pos, written := o.keys[key]; written {
		return pos
	}
	return o.Pos
}

func (o *Object) object() *Object { return o }

// Chooser is a map of which some keys exclude each other: exactly one of them
// must be written.
type Chooser interface {
	// Choices returns what a key chooses, what for, and the keys, those included
	// that are not there yet.
	Choices() (what, on string, keys []string)
}

// Short is a map with a short form: the value of one of its keys alone.
type Short interface {
	// ShortFor returns the key.
	ShortFor() string
}

// Named is a map from names that the user chooses to values of one type, in the
// order in which they are written.
type Named[T any] struct {
	// Entries are the names with their values.
	Entries []Entry[T]
}

// Entry is a name with its value.
type Entry[T any] struct {
	// Name is the name.
	Name Text
	// Value is what it stands for.
	Value T
}

func (n *Named[T]) add(name Text) any {
	n.Entries = append(n.Entries, Entry[T]{Name: name})
	return &n.Entries[len(n.Entries)-1].Value
}

// named is what the decoder sees of a Named.
type named interface {
	add(name Text) (value any)
}
