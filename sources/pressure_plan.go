package sources

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
)

// pressurePlan is what a pressure source will open.
type pressurePlan struct {
	path string // empty: nothing, it was turned off
	kind pressureKind
	// write is what each level's descriptor is told first.
	write map[PressureLevel][]byte
	// cgroup is the directory, for errors.
	cgroup string
	// window is that of a trigger systemd chose; 0 when it didn't.
	window time.Duration
}

// pressureKind is how firings are told.
type pressureKind uint8

const (
	// ownBell: every trigger wakes only its own descriptor, as in /proc/pressure.
	ownBell pressureKind = iota
	// sharedBell: whatever trigger fires on the file, anybody's, wakes all who
	// have it open, as on cgroupfs.
	sharedBell
	// streamBell: bytes come, of any content, through a FIFO.
	streamBell
	// socketBell: the same through a connection.
	socketBell
)

func planPressure(o PressureOptions) pressurePlan {
	p := pressurePlan{path: "/proc/pressure/" + string(o.Resource), cgroup: o.Cgroup, write: map[PressureLevel][]byte{
		PressureWarn: []byte(o.Warn.text()), PressureCritical: []byte(o.Critical.text()),
	}}
	if o.Cgroup != "" {
		p.path, p.kind = filepath.Join(o.Cgroup, string(o.Resource)+".pressure"), sharedBell
	}
	return p
}

// environ follows systemd's variables, when they are there.
func (p *pressurePlan) environ(o PressureOptions) error {
	prefix := strings.ToUpper(string(o.Resource)) + "_PRESSURE_"
	path := os.Getenv(prefix + "WATCH")
	if path == "" {
		return nil
	}
	if path == os.DevNull {
		*p = pressurePlan{}
		return nil
	}
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%sWATCH=%s: want an absolute path", prefix, path)
	}
	data, err := base64.StdEncoding.DecodeString(os.Getenv(prefix + "WRITE"))
	if err != nil {
		return fmt.Errorf("%sWRITE: %w", prefix, err)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return fmt.Errorf("%sWATCH=%s: %w", prefix, path, err)
	}
	*p = pressurePlan{path: path, write: map[PressureLevel][]byte{PressureWarn: data}, window: triggerWindow(data)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		p.kind = streamBell
	case unix.S_IFSOCK:
		p.kind = socketBell
	case unix.S_IFREG:
		if len(data) == 0 { // a pressure file without a trigger would fire for ever
			p.write[PressureWarn] = []byte(o.Warn.text())
		}
		var fs unix.Statfs_t
		if err := unix.Statfs(path, &fs); err != nil {
			return fmt.Errorf("%sWATCH=%s: %w", prefix, path, err)
		}
		switch fs.Type {
		case unix.PROC_SUPER_MAGIC:
		case unix.CGROUP2_SUPER_MAGIC:
			p.kind, p.cgroup = sharedBell, filepath.Dir(path)
		default: // it would be written to
			return fmt.Errorf("%sWATCH=%s: want a pressure file, have a common one", prefix, path)
		}
	default:
		return fmt.Errorf("%sWATCH=%s: want a pressure file, a FIFO or a socket", prefix, path)
	}
	return nil
}

// triggerWindow is the window of a trigger as text, 0 when it isn't one.
func triggerWindow(data []byte) time.Duration {
	fields := strings.Fields(strings.TrimRight(string(data), "\x00"))
	if len(fields) != 3 {
		return 0
	}
	us, err := strconv.ParseUint(fields[2], 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(us)*time.Microsecond, maxPressureWindow)
}

// open opens the file once and tells it what to watch for.
func (p *pressurePlan) open(k kernel.Kernel, data []byte) (fd int, err error) {
	if p.kind == socketBell {
		fd, err = connectStream(p.path)
	} else {
		// Also a FIFO for both: so it has no end when its writers go.
		fd, err = k.Open(p.path, unix.O_RDWR)
	}
	if err != nil {
		return -1, fmt.Errorf("pressure: open %s: %w", p.path, p.advice(err, false))
	}
	for len(data) > 0 {
		n, err := k.Write(fd, data)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			_ = k.Close(fd)
			return -1, fmt.Errorf("pressure: set a trigger on %s: %w", p.path, p.advice(err, true))
		}
		data = data[n:]
	}
	return fd, nil
}

func connectStream(path string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// advice adds to a bare errno what to do about it.
func (p *pressurePlan) advice(err error, writing bool) error {
	if p.kind == streamBell || p.kind == socketBell {
		return err
	}
	switch {
	case errors.Is(err, unix.ENOENT) && p.cgroup == "":
		return fmt.Errorf("%w (this kernel has no pressure stall information: boot it with psi=1; it needs CONFIG_PSI)", err)
	case errors.Is(err, unix.ENOENT):
		if _, gone := os.Stat(p.cgroup); gone != nil {
			return fmt.Errorf("%w (there is no such cgroup)", err)
		}
		return fmt.Errorf("%w (not a cgroup of version 2, or its accounting is off: write 1 to its cgroup.pressure, or boot with psi=1)", err)
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("%w (pressure stall information is turned off: boot with psi=1)", err)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w (mounted read-only, as in many containers: mount it writable, or watch from outside)", err)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		if p.cgroup != "" {
			return fmt.Errorf("%w (have the cgroup's pressure files delegated, as MemoryPressureWatch= does, or give CAP_SYS_RESOURCE)", err)
		}
		return fmt.Errorf("%w (kernels before 6.5 want CAP_SYS_RESOURCE for a trigger; later ones only write permission on the file)", err)
	case errors.Is(err, unix.EINVAL) && writing:
		return fmt.Errorf("%w (without CAP_SYS_RESOURCE the window must be a multiple of 2s)", err)
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return descriptors(err)
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("%w (the kernel has no memory for another trigger)", err)
	}
	return err
}
