package handlers

import (
	"sync"

	"golang.org/x/sys/unix"
)

// Pipes keeps the pipes of one run made ahead, so that making them isn't on an
// event's way to its command: it is a fiftieth of that way. One Pipes serves
// any number of handlers; a second run at the same time makes its own.
//
// The zero value is ready and holds nothing; after the first run it holds six
// descriptors until Close. A nil Pipes makes each pipe when it is asked for.
// Methods may be called from any goroutine.
type Pipes struct {
	mu     sync.Mutex
	spare  []pipe
	closed bool
}

// pipe is both ends of one, which block and are closed in commands.
type pipe struct{ read, write int }

// pipesOfRun are input, output and errors.
const pipesOfRun = 3

// take returns a pipe, for the caller to close.
func (p *Pipes) take() (pipe, error) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if last := len(p.spare) - 1; last >= 0 {
			spare := p.spare[last]
			p.spare = p.spare[:last]
			return spare, nil
		}
	}
	return makePipe()
}

// refill makes pipes for the next run. What can't be made now is made, or
// fails, when it is needed.
func (p *Pipes) refill() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && len(p.spare) < pipesOfRun {
		made, err := makePipe()
		if err != nil {
			return
		}
		p.spare = append(p.spare, made)
	}
}

// Close closes what is kept. Nothing is kept from then on.
func (p *Pipes) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, spare := range p.spare {
		_ = unix.Close(spare.read)
		_ = unix.Close(spare.write)
	}
	p.spare = nil
}

func makePipe() (pipe, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return pipe{}, err
	}
	return pipe{ends[0], ends[1]}, nil
}
