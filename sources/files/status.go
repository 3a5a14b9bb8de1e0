package files

import "sync"

// Status is what a source is doing, as of the last time it looked at its
// stream.
type Status struct {
	Engine      string   // what tells of changes
	Watched     int      // directories that are watched
	Directories int      // directories that are known, roots included
	Files       int      // what is known besides
	Pending     int      // changes that wait for the handler
	Behind      bool     // there is no room for more
	Overflows   uint64   // of the kernel's queue
	Rescans     uint64   // comparisons of all trees
	Waiting     []string // roots that aren't there (FS9)
}

// board is where the intake leaves its Status for whoever asks.
type board struct {
	mu     sync.Mutex
	status Status
}

func (b *board) read() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

func (b *board) write(s Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
}

// publish leaves the Status of now.
func (in *intake) publish() {
	counts := in.index.counts
	s := Status{
		Engine:      in.engine.name(),
		Watched:     counts.watched,
		Directories: counts.directories,
		Files:       counts.files,
		Behind:      in.behind,
		Overflows:   in.overflows,
		Rescans:     in.comparisons,
	}
	for _, r := range in.roots {
		if r.node == nil {
			s.Waiting = append(s.Waiting, r.path)
		}
	}
	in.board.write(s)
}
