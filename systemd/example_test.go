package systemd_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/reactord/reactord/systemd"
)

// A daemon's life, told to a socket that stands for systemd's.
func Example() {
	dir, err := os.MkdirTemp("", "notify")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "notify.sock")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		panic(err)
	}
	defer manager.Close()

	getenv := func(string) string { return path } // os.Getenv in a daemon
	n, err := systemd.NewNotifier(getenv)
	if err != nil {
		panic(err)
	}
	defer n.Close()
	for _, err := range []error{
		n.Ready("watching 3 sources"),
		n.Status("watching 4 sources"),
		n.Stopping("finishing 2 runs"),
	} {
		if err != nil {
			panic(err)
		}
	}

	buf := make([]byte, 4096)
	for range 3 {
		size, err := manager.Read(buf)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%q\n", buf[:size])
	}
	// Output:
	// "READY=1\nSTATUS=watching 3 sources"
	// "STATUS=watching 4 sources"
	// "STOPPING=1\nSTATUS=finishing 2 runs"
}

// Without NOTIFY_SOCKET there is nobody to tell, and nothing to check for.
func ExampleNewNotifier_notUnderSystemd() {
	n, err := systemd.NewNotifier(func(string) string { return "" })
	fmt.Println(n == nil, err)
	fmt.Println(n.Ready("watching"), n.Close())
	// Output:
	// true <nil>
	// <nil> <nil>
}
