package kernel

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ConnectorOpen implements Processes.
func (Real) ConnectorOpen(events uint32) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_CONNECTOR)
	if err != nil {
		return -1, err
	}
	filter := connectorFilter(events)
	err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	if err == nil {
		const processes = 1 // CN_IDX_PROC, as a bit of the groups
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: processes})
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// connectorFilter lets answers and the events pass, but for those of threads. A
// filter reads words in the network's order.
func connectorFilter(events uint32) []unix.SockFilter {
	const (
		atWhat  = 36 // behind the headers of netlink and of the connector
		atEvent = atWhat + 16
		answer  = 0x0
		fork    = 0x1
	)
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// unless what was loaded is n, the next skip steps are left out
	unless := func(n uint32, skip uint8) unix.SockFilter {
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], n)
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: binary.BigEndian.Uint32(b[:]), Jf: skip}
	}
	pass := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff}
	drop := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0}

	filter := []unix.SockFilter{load(atWhat), unless(answer, 1), pass}
	if events&fork != 0 { // the child's number is that of its process
		filter = append(filter, unless(fork, 6),
			load(atEvent+8), unix.SockFilter{Code: unix.BPF_MISC | unix.BPF_TAX}, load(atEvent+12),
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_X, Jf: 1}, pass, drop)
	}
	for bit := uint32(fork << 1); bit != 0; bit <<= 1 {
		if events&bit != 0 {
			filter = append(filter, unless(bit, 1), pass)
		}
	}
	return append(filter, drop)
}
