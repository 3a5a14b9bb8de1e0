package sources

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Ending is what the kernel tells of a process as it ends (taskstats,
// Documentation/accounting/taskstats.rst).
type Ending struct {
	Name string // its command name
	// Device and Inode are the file it executed; 0 on kernels before 5.18. Device is
	// as stat(2) has it.
	Device, Inode uint64
	Status        ExitStatus
	// Asked says that it was told before.
	Asked bool
}

// Endings knows the processes of the machine that have ended last, also those that
// nobody could look at before. It costs a descriptor, and no wake-up: what the kernel
// told is read when somebody asks. It may be used from several goroutines.
type Endings struct {
	mu    sync.Mutex
	fd    int
	last  map[int]Ending
	order []int // their numbers, as they ended
}

// mostEndings is how many are remembered.
const mostEndings = 1024

// endingsBuffer is how much the kernel keeps for us between two questions: what some
// 1,500 threads tell.
const endingsBuffer = 1 << 20

// OpenEndings begins to remember. It takes CAP_NET_ADMIN and the machine's own pid
// namespace.
func OpenEndings() (*Endings, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("taskstats: %w", descriptors(err))
	}
	if err := registerEndings(fd); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("taskstats: %w", err)
	}
	return &Endings{fd: fd, last: map[int]Ending{}}, nil
}

// Close ends it.
func (e *Endings) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd >= 0 {
		_ = unix.Close(e.fd)
	}
	e.fd = -1
}

// Of is how the process of that number ended last, if it did lately.
func (e *Endings) Of(pid int) (Ending, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.readLocked()
	end, ok := e.last[pid]
	if ok {
		asked := end
		asked.Asked = true
		e.last[pid] = asked
	}
	return end, ok
}

// Read makes room in the kernel for more.
func (e *Endings) Read() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.readLocked()
}

func (e *Endings) readLocked() {
	var buf [4 << 10]byte
	for e.fd >= 0 {
		n, err := unix.Read(e.fd, buf[:])
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS):
			continue
		case err != nil || n <= 0:
			return
		}
		pid, end, ok := parseEnding(buf[:n])
		if !ok {
			continue
		}
		if _, had := e.last[pid]; !had {
			e.order = append(e.order, pid)
		}
		e.last[pid] = end
		if len(e.order) > mostEndings {
			delete(e.last, e.order[0])
			e.order = e.order[1:]
		}
	}
}

// What generic netlink has in a message: a header, a command, and attributes.
const (
	genlHeader    = unix.SizeofNlMsghdr + 4
	attributeHead = 4
)

// registerEndings asks for what ends on every processor. The kernel has answered when
// a call returns.
func registerEndings(fd int) error {
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, endingsBuffer); err != nil {
		return err
	}
	processors, err := os.ReadFile("/sys/devices/system/cpu/possible")
	if err != nil {
		return err
	}
	answer, err := askGeneric(fd, unix.GENL_ID_CTRL, unix.CTRL_CMD_GETFAMILY, unix.CTRL_ATTR_FAMILY_NAME, unix.TASKSTATS_GENL_NAME)
	if err != nil {
		return err
	}
	var family uint16
	attributes(answer[genlHeader:], func(kind uint16, data []byte) {
		if kind == unix.CTRL_ATTR_FAMILY_ID && len(data) >= 2 {
			family = binary.NativeEndian.Uint16(data)
		}
	})
	if family == 0 {
		return unix.ENOENT
	}
	_, err = askGeneric(fd, family, unix.TASKSTATS_CMD_GET, unix.TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, strings.TrimSpace(string(processors)))
	return err
}

// askGeneric sends a command with one attribute, a text, and returns the answer.
func askGeneric(fd int, family uint16, command uint8, attribute uint16, text string) ([]byte, error) {
	order := binary.NativeEndian
	value := append([]byte(text), 0)
	padded := (len(value) + 3) &^ 3
	b := order.AppendUint32(nil, uint32(genlHeader+attributeHead+padded))
	b = order.AppendUint16(b, family)
	b = order.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	b = append(b, make([]byte, 8)...) // sequence, pid
	b = append(b, command, 1, 0, 0)
	b = order.AppendUint16(b, uint16(attributeHead+len(value)))
	b = order.AppendUint16(b, attribute)
	b = append(append(b, value...), make([]byte, padded-len(value))...)
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	var answer []byte
	for {
		var buf [4 << 10]byte
		n, err := unix.Read(fd, buf[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case n < genlHeader:
			return nil, unix.EBADMSG
		}
		switch order.Uint16(buf[4:]) {
		case unix.NLMSG_ERROR: // the acknowledgement, with 0
			if code := int32(order.Uint32(buf[unix.SizeofNlMsghdr:])); code != 0 {
				return nil, unix.Errno(-code)
			}
			return answer, nil
		case family:
			answer = buf[:n]
		}
	}
}

// attributes calls each for every attribute in data.
func attributes(data []byte, each func(kind uint16, data []byte)) {
	for len(data) >= attributeHead {
		length := int(binary.NativeEndian.Uint16(data))
		if length < attributeHead || length > len(data) {
			return
		}
		const nested = 0x3fff // without the flags
		each(binary.NativeEndian.Uint16(data[2:])&nested, data[attributeHead:length])
		data = data[min((length+3)&^3, len(data)):]
	}
}

// Where struct taskstats has what (linux/taskstats.h).
const (
	statsExitCode = 4
	statsName     = 80
	statsNameLen  = 32
	statsPID      = 128
	statsEnd      = 132 // of what every version has, as far as it is used
	statsDevice   = 384
	statsInode    = 392
)

// parseEnding takes a message apart; false when it is of no process's end.
func parseEnding(message []byte) (pid int, e Ending, ok bool) {
	if len(message) < genlHeader {
		return 0, Ending{}, false
	}
	attributes(message[genlHeader:], func(kind uint16, data []byte) {
		if kind != unix.TASKSTATS_TYPE_AGGR_PID {
			return
		}
		attributes(data, func(kind uint16, s []byte) {
			if kind != unix.TASKSTATS_TYPE_STATS || len(s) < statsEnd {
				return
			}
			order := binary.NativeEndian
			pid, ok = int(order.Uint32(s[statsPID:])), true
			name, _, _ := strings.Cut(string(s[statsName:statsName+statsNameLen]), "\x00")
			e = Ending{Name: name, Status: *fromWait(syscall.WaitStatus(order.Uint32(s[statsExitCode:])))}
			if len(s) >= statsInode+8 {
				e.Device, e.Inode = order.Uint64(s[statsDevice:]), order.Uint64(s[statsInode:])
			}
		})
	})
	return pid, e, ok
}
