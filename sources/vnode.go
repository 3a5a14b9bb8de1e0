package sources

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func makeVnode(all *Vnodes, label string, target *reactor.Queue, fd int, mask VnodeMask) (*reactor.Source[VnodeEvent], *vnode, error) {
	if mask == 0 || mask&^VnodeAll != 0 {
		return nil, nil, fmt.Errorf("vnode mask %#x: want some of %#x", uint64(mask), uint64(VnodeAll))
	}
	v := &vnode{all: all, fd: fd, mask: mask}
	v.source = reactor.NewSource(label, target, &v.pending, v)
	v.retry = newRetry(v.source, func() { v.source.Reactor().Global(reactor.DefaultQoS).Async(v.again) })
	return v.source, v, nil
}

// vnode is the intake of a vnode source. fsnotify's events are only a
// trigger: what happened is read off the object itself, which the descriptor
// follows through renames. Renames within a directory that is watched are the
// exception: these are told one by one.
type vnode struct {
	all     *Vnodes
	fd      int
	mask    VnodeMask
	source  *reactor.Source[VnodeEvent]
	pending vnodePending
	retry   *retry

	mu      sync.Mutex // one comparison at a time
	held    int        // ours, open on the same object: fd may come to mean another
	inode   inode
	last    snapshot
	missed  VnodeMask // hints that came while it could not be looked at
	gone    bool      // its deletion was told
	follows bool      // renames within its directory are told by names
	closed  bool      // held may be closed

	// Set before the source is active:
	arrived bool // what it holds is news
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
	if v.arrived && now.holds(v.fd) {
		v.last.stat.Size, v.missed = 0, VnodeWrite
	}
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
	moved, err := v.compare(hint)
	if moved {
		err = v.all.moved(v)
	}
	if err != nil {
		v.retry.later(err)
	}
}

// again does what may have been left undone: it watches, looks and compares.
func (v *vnode) again() {
	err := v.all.watch(v)
	moved, failed := v.compare(0)
	if moved {
		failed = v.all.moved(v)
	}
	err = errors.Join(err, failed)
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
// change of extended attributes, leaves no trace to be found. moved reports that
// its name is to be looked for.
func (v *vnode) compare(hint VnodeMask) (moved bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return false, nil
	}
	hint |= v.missed
	now, err := v.look(v.held)
	if err != nil {
		v.missed = hint
		return false, fmt.Errorf("vnode %s: %w", v.last.path, err)
	}
	v.missed = 0
	moved = v.follows && (!now.named() || filepath.Dir(now.path) != filepath.Dir(v.last.path))
	v.mergeLocked(now, hint)
	return moved, nil
}

// placed takes in where it was found.
func (v *vnode) placed(now snapshot) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.follows = false
	v.mergeLocked(now, 0)
}

func (v *vnode) follow(follows bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.follows = follows
}

// renamed takes in that it has another name in its directory.
func (v *vnode) renamed(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	from, to := v.last.path, filepath.Join(filepath.Dir(v.last.path), name)
	if v.closed || from == to {
		return
	}
	v.last.path = to
	dir := v.last.stat.Mode&unix.S_IFMT == unix.S_IFDIR
	if v.pending.merge([]coalesce.Change{{Op: coalesce.Rename, From: from, Path: to, Dir: dir}}, v.mask) {
		v.source.Wake()
	}
}

// named reports whether the name is to be followed: for each rename, or as one of
// a directory, which doesn't tell itself that it was removed.
func (v *vnode) named() bool {
	dir := v.last.stat.Mode&unix.S_IFMT == unix.S_IFDIR
	return v.mask&VnodeRename != 0 || dir && v.mask&VnodeDelete != 0
}

// mergeLocked merges what is not as it was. Of what names follows, another name
// in the same directory is left to it: it tells all that were between, too.
func (v *vnode) mergeLocked(now snapshot, hint VnodeMask) {
	was := v.last
	old, st := &was.stat, &now.stat
	dir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	deleted := st.Nlink == 0 || (dir && strings.HasSuffix(now.path, deletedSuffix))
	if v.follows && now.named() && filepath.Dir(now.path) == filepath.Dir(was.path) {
		now.path = was.path
	}
	v.last = now
	var found []coalesce.Change
	note := func(op coalesce.Op, path string) {
		found = append(found, coalesce.Change{Op: op, Path: path, Dir: dir})
	}
	path := strings.TrimSuffix(now.path, deletedSuffix)
	if now.path != was.path && !deleted && now.named() {
		found = append(found, coalesce.Change{Op: coalesce.Rename, From: was.path, Path: now.path, Dir: dir})
	}
	if st.Size > old.Size && !dir {
		note(coalesce.Extend, path)
	}
	if hint&VnodeWrite != 0 || st.Mtim != old.Mtim || (st.Size != old.Size && !dir) {
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

// holds reports whether anything is in it. fd is open on it.
func (s *snapshot) holds(fd int) bool {
	if s.stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return s.stat.Size > 0
	}
	dir, err := os.Open(procPath(fd))
	if err != nil {
		return false
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(1)
	return len(names) > 0
}

// named reports whether it has a name.
func (s *snapshot) named() bool {
	return strings.HasPrefix(s.path, "/") && s.path != "/" && !strings.HasSuffix(s.path, deletedSuffix)
}

func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }
