package sources_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// A service takes messages from processes of its own user and answers them.
func ExampleNewPort() {
	dir, err := os.MkdirTemp("", "port")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "service")
	fd, err := sources.ListenPort("unixgram", path, 0o600)
	if err != nil {
		panic(err)
	}
	r := reactor.New()
	defer r.Close()
	p, err := sources.NewPort("service", r.NewQueue("service"), fd, sources.PortOptions{Limit: 4 << 10})
	if err != nil {
		panic(err)
	}
	p.OnEvent(func(ev sources.PortEvent) {
		for _, m := range ev.Messages {
			if m.Truncated || m.Peer == nil || int(m.Peer.Uid) != os.Getuid() {
				continue
			}
			fmt.Printf("%s, from ourselves: %v\n", m.Data, int(m.Peer.Pid) == os.Getpid())
			if err := p.Reply(m, []byte("thanks")); err != nil {
				fmt.Println(err)
			}
		}
	})
	closed := make(chan struct{})
	p.OnCancel(func() { _ = unix.Close(fd); close(closed) })
	if err := p.Activate(); err != nil {
		panic(err)
	}

	us := &net.UnixAddr{Name: filepath.Join(dir, "client"), Net: "unixgram"}
	conn, err := net.DialUnix("unixgram", us, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		panic(err)
	}
	_, _ = conn.Write([]byte("hello"))
	var answer [16]byte
	n, _ := conn.Read(answer[:])
	fmt.Printf("%s\n", answer[:n])
	_ = conn.Close()
	p.Cancel()
	<-closed
	// Output:
	// hello, from ourselves: true
	// thanks
}
