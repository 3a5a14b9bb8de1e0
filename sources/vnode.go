package sources

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// VnodeMask selects what a vnode source reports, with kqueue's bits (clause V1).
type VnodeMask uint64

// The events of one object.
const (
	VnodeDelete VnodeMask = 1 << iota // its last name is gone
	VnodeWrite                        // its content changed; of a directory, its entries
	VnodeExtend                       // it grew
	VnodeAttrib                       // mode, owner, times, extended attributes
	VnodeLink                         // the number of its names changed
	VnodeRename                       // it has another name
	VnodeRevoke                       // its filesystem was unmounted, lazily or by force: it is held open

	// VnodeAll is every bit.
	VnodeAll = VnodeDelete | VnodeWrite | VnodeExtend | VnodeAttrib | VnodeLink | VnodeRename | VnodeRevoke
)

var vnodeOps = [...]struct {
	bit VnodeMask
	op  coalesce.Op
}{
	{VnodeDelete, coalesce.Delete}, {VnodeWrite, coalesce.Write}, {VnodeExtend, coalesce.Extend},
	{VnodeAttrib, coalesce.Attrib}, {VnodeLink, coalesce.Link}, {VnodeRename, coalesce.Rename},
	{VnodeRevoke, coalesce.Revoke},
}

// VnodeBit is the bit for an operation; 0 when no vnode source reports it.
func VnodeBit(op coalesce.Op) VnodeMask {
	for _, o := range vnodeOps {
		if o.op == op {
			return o.bit
		}
	}
	return 0
}

// VnodeEvent is what a vnode source delivers: the or of all that happened
// since the last call, and the same as changes in order, a rename with the old
// and the new name.
type VnodeEvent struct {
	Data    VnodeMask
	Changes []coalesce.Change
}

// newVnode is Vnodes.New.
func newVnode(all *Vnodes, label string, target *reactor.Queue, fd int, mask VnodeMask) (*reactor.Source[VnodeEvent], error) {
	if mask == 0 || mask&^VnodeAll != 0 {
		return nil, fmt.Errorf("vnode mask %#x: want some of %#x", uint64(mask), uint64(VnodeAll))
	}
	v := &vnode{all: all, fd: fd, mask: mask}
	v.source = reactor.NewSource(label, target, &v.pending, v)
	v.retry = newRetry(v.source, func() { v.source.Reactor().Global(reactor.DefaultQoS).Async(v.again) })
	return v.source, nil
}

// vnode is the intake of a vnode source. fsnotify's events are only a
// trigger: what happened is read off the object itself, which the descriptor
// follows through renames.
type vnode struct {
	all     *Vnodes
	fd      int
	mask    VnodeMask
	source  *reactor.Source[VnodeEvent]
	pending vnodePending
	retry   *retry

	mu     sync.Mutex // one comparison at a time
	held   int        // ours, open on the same object: fd may come to mean another
	inode  inode
	last   snapshot
	missed VnodeMask // hints that came while it could not be looked at
	gone   bool      // its deletion was told
	closed bool      // held may be closed

	// Set before the source is active:
	mount   mount
	mounted bool // mount is known
	revoked bool // that it is gone was told
}

// snapshot is what a vnode looked like.
type snapshot struct {
	path string
	stat unix.Stat_t
}

// look looks at the object fd is open on.
func (v *vnode) look(fd int) (snapshot, error) {
	var s snapshot
	k := v.source.Reactor().Kernel()
	if err := k.Fstat(fd, &s.stat); err != nil {
		return s, fmt.Errorf("stat descriptor %d: %w", fd, err)
	}
	path, err := k.Readlink(procPath(fd))
	if err != nil {
		return s, fmt.Errorf("read the name of descriptor %d: %w", fd, err)
	}
	s.path = path
	return s, nil
}

// Handle implements reactor.Handled.
func (v *vnode) Handle() int { return v.fd }

// Mask implements reactor.Handled.
func (v *vnode) Mask() uint64 { return uint64(v.mask) }

// Register implements reactor.Intake. The object is looked at before the
// trigger is set and once after, so that nothing falls between.
func (v *vnode) Register() error {
	now, err := v.look(v.fd)
	if err != nil {
		return fmt.Errorf("vnode: %w", err)
	}
	v.last, v.inode = now, inode{now.stat.Dev, now.stat.Ino}
	if v.mask&VnodeRevoke != 0 {
		if v.mount, v.mounted, err = mountOf(v.source.Reactor().Kernel(), v.fd); err != nil {
			return fmt.Errorf("vnode %s: %w", now.path, err)
		}
	}
	if err := v.all.add(v); err != nil {
		return err
	}
	v.again()
	return nil
}

// Rearm implements reactor.Intake.
func (*vnode) Rearm() {}

// Unregister implements reactor.Intake.
func (v *vnode) Unregister() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.retry.stop()
	v.all.remove(v)
}

// told compares after the trigger said something, now or when it can be.
func (v *vnode) told(hint VnodeMask) {
	if err := v.compare(hint); err != nil {
		v.retry.later(err)
	}
}

// again does what may have been left undone: it watches, looks and compares.
func (v *vnode) again() {
	err := errors.Join(v.all.watch(v), v.compare(0))
	if v.mounted {
		mounts, failed := mountsNow(v.source.Reactor().Kernel())
		if err = errors.Join(err, failed); failed == nil {
			v.mountsAre(mounts)
		}
	}
	if err != nil {
		v.retry.later(err)
	} else {
		v.retry.succeeded()
	}
}

// compare finds what changed since the last look and merges it. hint is what
// the trigger said: a write within one tick of the filesystem's clock, or a
// change of extended attributes, leaves no trace to be found.
func (v *vnode) compare(hint VnodeMask) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	hint |= v.missed
	now, err := v.look(v.held)
	if err != nil {
		v.missed = hint
		return fmt.Errorf("vnode %s: %w", v.last.path, err)
	}
	v.missed = 0
	was := v.last
	v.last = now
	old, st := &was.stat, &now.stat
	dir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	var found []coalesce.Change
	note := func(op coalesce.Op, path string) {
		found = append(found, coalesce.Change{Op: op, Path: path, Dir: dir})
	}
	path := strings.TrimSuffix(now.path, deletedSuffix)
	deleted := st.Nlink == 0 || (dir && strings.HasSuffix(now.path, deletedSuffix))
	if now.path != was.path && !deleted && !strings.HasSuffix(now.path, deletedSuffix) {
		found = append(found, coalesce.Change{Op: coalesce.Rename, From: was.path, Path: now.path, Dir: dir})
	}
	if st.Size > old.Size && !dir {
		note(coalesce.Extend, path)
	}
	if hint&VnodeWrite != 0 || st.Mtim != old.Mtim || st.Size != old.Size {
		note(coalesce.Write, path)
	}
	if st.Nlink != old.Nlink {
		note(coalesce.Link, path)
	}
	attributes := st.Mode != old.Mode || st.Uid != old.Uid || st.Gid != old.Gid
	if attributes || (hint&VnodeAttrib != 0 && len(found) == 0) {
		note(coalesce.Attrib, path)
	}
	if deleted && !v.gone {
		v.gone = true
		note(coalesce.Delete, path)
	}
	if v.pending.merge(found, v.mask) {
		v.source.Wake()
	}
	return nil
}

// path is its name, as seen last.
func (v *vnode) path() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last.path
}

// mountsAre finds out whether the object's mount is gone.
func (v *vnode) mountsAre(mounts map[mount]bool) {
	if !mounts[v.mount] {
		v.revoke()
	}
}

// revoke tells, once, that the filesystem was unmounted. The object is still
// there for who holds it.
func (v *vnode) revoke() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed || v.revoked {
		return
	}
	v.revoked = true
	dir := v.last.stat.Mode&unix.S_IFMT == unix.S_IFDIR
	if v.pending.merge([]coalesce.Change{{Op: coalesce.Revoke, Path: v.last.path, Dir: dir}}, v.mask) {
		v.source.Wake()
	}
}

// deletedSuffix is what the kernel puts behind the name of an object that has
// lost it.
const deletedSuffix = " (deleted)"

func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

type vnodePending struct {
	mu    sync.Mutex
	event VnodeEvent
}

func (p *vnodePending) merge(found []coalesce.Change, mask VnodeMask) (merged bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range found {
		bit := VnodeBit(c.Op)
		if bit&mask == 0 {
			continue
		}
		p.event.Data |= bit
		p.event.Changes = append(p.event.Changes, c)
		merged = true
	}
	return merged
}

// Latch implements coalesce.Latcher.
func (p *vnodePending) Latch() (VnodeEvent, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.event
	p.event = VnodeEvent{}
	e.Changes = coalesce.Fold(e.Changes)
	return e, e.Data != 0
}
