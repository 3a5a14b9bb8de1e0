package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// stage2Name is the process name under which the test binary builds a box.
const stage2Name = "reactord-box-stage2"

// systemdPath is the program that becomes PID 1.
const systemdPath = "/usr/lib/systemd/systemd"

// A plan is what stage 2 is told, as JSON in its only argument.
type plan struct {
	Name  string // hostname
	Binds []Bind
	Probe bool // build everything, then exit instead of starting systemd
}

// init makes the process a stage 2 if it was started as one. It runs before any
// test does, on the main thread, and does not return then. What fails is written
// to descriptor 3, which is closed without a word when systemd takes over.
func init() {
	if len(os.Args) != 2 || os.Args[0] != stage2Name {
		return
	}
	report := os.NewFile(3, "report")
	unix.CloseOnExec(3)
	var p plan
	err := json.Unmarshal([]byte(os.Args[1]), &p)
	if err == nil {
		err = p.run()
	}
	if err != nil {
		fmt.Fprint(report, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Where the new root is built: on a tmpfs over /tmp that only this mount namespace
// has.
const (
	work = "/tmp"
	root = work + "/root"
)

// vendorUnits are the units that are started besides those that systemd's own
// targets require. Everything else that installed packages hook into the boot is
// left out.
var vendorUnits = map[string][]string{
	"sysinit.target":    {"systemd-journald.service", "systemd-tmpfiles-setup.service"},
	"sockets.target":    {"systemd-journald.socket", "systemd-journald-dev-log.socket", "dbus.socket"},
	"multi-user.target": {"dbus.service", "systemd-user-sessions.service"},
}

// hostEtc is what the box gets of the host's /etc: what programs need to run.
var hostEtc = []string{
	"passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives",
	"localtime", "os-release", "protocols", "services", "dbus-1",
}

// droppedCapabilities are those over things that have no namespace.
var droppedCapabilities = []uintptr{
	unix.CAP_SYS_TIME, unix.CAP_WAKE_ALARM, unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO,
	unix.CAP_SYSLOG, unix.CAP_AUDIT_CONTROL, unix.CAP_AUDIT_READ,
	unix.CAP_MAC_ADMIN, unix.CAP_MAC_OVERRIDE,
}

// run builds the root and becomes systemd. It returns on failure, or when the plan
// is a probe.
func (p *plan) run() error {
	unix.Umask(0o022)
	b := &builder{}
	sources := b.openSources(p.Binds) // before /tmp is covered
	b.mount("tmpfs", work, "tmpfs", 0, "mode=755")
	b.mkdir(root, 0o755)
	b.bind(root, root) // a directory cannot become "/", a mount can
	b.usr()
	b.etc(p.Name)
	b.proc()
	b.sys()
	b.dev()
	b.mount("tmpfs", root+"/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755")
	b.mkdir(root+"/tmp", fs.ModeSticky|0o777)
	for _, dir := range []string{"/var", "/home", "/srv", "/opt", "/mnt"} {
		b.mkdir(root+dir, 0o755)
	}
	b.mkdir(root+"/root", 0o700)
	for i, bind := range p.Binds {
		b.bindOption(sources[i], bind)
	}
	b.do("set the hostname", func() error { return unix.Sethostname([]byte(p.Name)) })
	b.enter()
	b.dropCapabilities()
	if b.err != nil || p.Probe {
		return b.err
	}
	env := []string{"container=reactord-box", "PATH=" + boxPath, "LANG=C.UTF-8"}
	args := []string{systemdPath, "--system", "--unit=multi-user.target",
		// There is no /dev/kmsg: until journald is up, that means the console.
		"--log-target=journal-or-kmsg", "--show-status=no", "--crash-reboot=no"}
	return fmt.Errorf("exec %s: %w", systemdPath, unix.Exec(systemdPath, args, env))
}

// usr puts a writable overlay over the host's /usr and takes out of it what would
// start with the host.
func (b *builder) usr() {
	for _, name := range []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} {
		info, err := os.Lstat("/" + name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().Type() != fs.ModeSymlink {
			err = errors.New("is not a link into /usr (the host is not usr-merged)")
		}
		b.do("/"+name, func() error { return err })
		b.symlink("usr/"+name, root+"/"+name)
	}
	b.mkdir(work+"/usr-upper", 0o755)
	b.mkdir(work+"/usr-work", 0o755)
	b.mount("overlay", root+"/usr", "overlay", 0, "lowerdir=/usr,upperdir="+work+"/usr-upper,workdir="+work+"/usr-work")

	units := root + "/usr/lib/systemd/system"
	wants, _ := filepath.Glob(units + "/*.target.wants")
	for _, dir := range wants {
		b.remove(dir)
	}
	for target, names := range vendorUnits {
		for _, name := range names {
			b.symlink("../"+name, units+"/"+target+".wants/"+name)
		}
	}
	// With it journald sets the kernel to auditing, which has no namespace.
	b.remove(units + "/systemd-journald-audit.socket")
	// Units made from the command line and disks of a machine that is not the box.
	b.remove(root + "/usr/lib/systemd/system-generators")
}

// etc fills /etc: the host's allow-list and the settings of a throw-away machine.
func (b *builder) etc(name string) {
	etc := root + "/etc"
	b.mkdir(etc, 0o755)
	for _, entry := range hostEtc {
		b.do("copy /etc/"+entry, func() error { return copyTree("/etc/"+entry, etc+"/"+entry) })
	}
	b.write(etc+"/nsswitch.conf", "passwd: files systemd\ngroup: files systemd\nhosts: files\n")
	b.write(etc+"/hostname", name+"\n")
	b.write(etc+"/hosts", "127.0.0.1 localhost "+name+"\n::1 localhost\n")
	b.write(etc+"/machine-id", newID("")+"\n") // without one it is a first boot, which enables every unit
	b.write(etc+"/systemd/journald.conf.d/box.conf",
		"[Journal]\nAudit=no\nStorage=volatile\nRateLimitIntervalSec=0\n")
}

// proc mounts the /proc of the new PID namespace. What is global in it is
// read-only, since PID 1 sets sysctls at boot (fs.nr_open, fs.file-max).
func (b *builder) proc() {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	proc := root + "/proc"
	b.mount("proc", proc, "proc", flags, "")
	for _, name := range []string{"sys", "sysrq-trigger", "irq", "bus", "acpi"} {
		path := proc + "/" + name
		if _, err := os.Stat(path); err == nil {
			b.bind(path, path)
			b.remount(path, flags|unix.MS_RDONLY)
		}
	}
	b.bind(proc+"/sys/net", proc+"/sys/net")
	b.remount(proc+"/sys/net", flags)
	b.write(work+"/boot_id", newID("-")+"\n")
	b.bind(work+"/boot_id", proc+"/sys/kernel/random/boot_id")
}

// sys mounts /sys of the new network namespace and in it the part of the cgroup
// tree that the new cgroup namespace shows.
func (b *builder) sys() {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	b.mount("sysfs", root+"/sys", "sysfs", flags|unix.MS_RDONLY, "")
	b.do("mount cgroup2", func() error {
		return unix.Mount("cgroup2", root+"/sys/fs/cgroup", "cgroup2", flags, "")
	})
}

// dev makes the few devices a container has. The console is the terminal this
// process was given.
func (b *builder) dev() {
	dev := root + "/dev"
	b.mount("tmpfs", dev, "tmpfs", unix.MS_NOSUID, "mode=755")
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		b.write(dev+"/"+name, "")
		b.bind("/dev/"+name, dev+"/"+name)
	}
	b.write(dev+"/console", "")
	tty, err := os.Readlink("/proc/self/fd/0")
	b.do("find the console", func() error { return err })
	b.bind(tty, dev+"/console")
	b.symlink("/proc/self/fd", dev+"/fd")
	for fd, name := range []string{"stdin", "stdout", "stderr"} {
		b.symlink(fmt.Sprintf("/proc/self/fd/%d", fd), dev+"/"+name)
	}
	b.mount("devpts", dev+"/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5")
	b.symlink("pts/ptmx", dev+"/ptmx")
	b.mount("tmpfs", dev+"/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777")
}

// openSources opens what the options bind while their paths still lead there.
func (b *builder) openSources(binds []Bind) []int {
	fds := make([]int, len(binds))
	for i, bind := range binds {
		b.do("open "+bind.Host, func() (err error) {
			fds[i], err = unix.Open(bind.Host, unix.O_PATH|unix.O_CLOEXEC, 0)
			return err
		})
	}
	return fds
}

func (b *builder) bindOption(source int, bind Bind) {
	from, to := fmt.Sprintf("/proc/self/fd/%d", source), root+"/"+bind.Box
	info, err := os.Stat(from)
	b.do("stat "+bind.Host, func() error { return err })
	if err == nil && info.IsDir() {
		b.mkdir(to, 0o755)
	} else {
		b.write(to, "")
	}
	b.bind(from, to)
	if !bind.Writable {
		b.remount(to, unix.MS_RDONLY)
	}
}

// enter makes the new root the only one.
func (b *builder) enter() {
	b.do("change the root", func() error {
		if err := os.Chdir(root); err != nil {
			return err
		}
		if err := unix.PivotRoot(".", "."); err != nil {
			return err
		}
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
			return err
		}
		if err := os.Chdir("/"); err != nil {
			return err
		}
		// In a container systemd leaves propagation as it finds it. Private, which
		// is what it finds here, LoadCredential= fails.
		return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
	})
}

func (b *builder) dropCapabilities() {
	for _, c := range droppedCapabilities {
		b.do(fmt.Sprintf("drop capability %d", c), func() error {
			return unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		})
	}
}
