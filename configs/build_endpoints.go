package configs

import (
	"fmt"

	"github.com/reactord/reactord/configs/internal/form"
)

// What a source does with its endpoint. Only writers can share one.
const (
	reads   = "read"
	writes  = "written to"
	sends   = "sent into"
	listens = "listened on"
)

// endpoint is what a source takes from or gives to, and where that stands.
type endpoint struct {
	use   string
	by    string // who does, in words
	where Position
}

// claim tells of an endpoint that another source has: of two that read one, each would
// get what the other didn't, and a socket can be made only once.
func (b *builder) claim(what, use, source string, pos Position) {
	by := "source " + source
	if source == "" {
		by = "the daemon for its control socket"
	}
	for _, other := range b.endpoints[what] {
		if other.use == use && use != writes || other.use != use && (other.use == listens || use == listens) {
			b.clash(what, endpoint{use, by, pos}, other)
			return
		}
	}
	if b.endpoints == nil {
		b.endpoints = map[string][]endpoint{}
	}
	b.endpoints[what] = append(b.endpoints[what], endpoint{use, by, pos})
}

func (b *builder) clash(what string, e, other endpoint) {
	place := ""
	if other.where.IsSet() {
		place = fmt.Sprintf(" (%d:%d)", other.where.Line, other.where.Col)
	}
	why, hint := "", "give it one of its own"
	if e.use == reads && other.use == reads {
		why, hint = ": each would get what the other doesn't", "let one source read it, and its handler do both"
	}
	b.fault(e.where, hint, "%s is also %s by %s%s%s", what, other.use, other.by, place, why)
}

// claimPath is claim for a FIFO or a device.
func (b *builder) claimPath(t *form.Text, path, use, source string) {
	if path != "" {
		b.claim(path, use, source, t.Pos)
	}
}

func (b *builder) claimDescriptor(i *form.Int, use, source string) {
	if i != nil {
		b.claim(fmt.Sprintf("descriptor %d", i.N), use, source, i.Pos)
	}
}

// claimSocket is claim for a socket. Names without a path are apart by the type of
// socket.
func (b *builder) claimSocket(t *form.Text, l *Listen, source string) {
	switch {
	case l == nil || l.Address == "":
	case l.Address[0] == '/':
		b.claim(l.Address, listens, source, t.Pos)
	default:
		b.claim(l.Network+":"+l.Address, listens, source, t.Pos)
	}
}
