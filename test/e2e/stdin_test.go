package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Standard input is a descriptor the daemon was started with: a pipe, a socket or a
// terminal, which stays as it is for those who share it.
func TestReadsStandardInput(t *testing.T) {
	pipe := func() (ours, theirs *os.File) {
		r, w, err := os.Pipe()
		must(t, err)
		return w, r
	}
	socket := func() (ours, theirs *os.File) {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		return os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	}
	terminal := func() (ours, theirs *os.File) {
		master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
		must(t, err)
		n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
		must(t, err)
		must(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
		slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
		must(t, err)
		return master, slave
	}
	for name, open := range map[string]func() (ours, theirs *os.File){"pipe": pipe, "socket": socket, "terminal": terminal} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := open()
			defer ours.Close()
			defer theirs.Close()
			d := prepare(t, `
sources:
  in: { read: { fd: 0, framing: lines }, each: line, handler: { exec: { shell: 'echo "<$(cat)>"', stdin: lines } } }
`)
			d.stdin = theirs
			d.run()
			for _, text := range []string{"one", "two"} {
				_, err := ours.WriteString(text + "\n")
				must(t, err)
				d.says("in", "<"+text+">")
			}
			flags, err := unix.FcntlInt(theirs.Fd(), unix.F_GETFL, 0)
			must(t, err)
			if name == "terminal" && flags&unix.O_NONBLOCK != 0 {
				t.Error("who shares the terminal doesn't wait for input any more")
			}
		})
	}
}

// What standard input is that can't be waited for, and what isn't open for reading,
// is told as it is.
func TestStandardInputThatIsRefused(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	d := prepare(t, `
sources:
  in:  { read: { fd: 0, framing: lines }, handler: { log: x } }
  out: { read: { fd: 3, framing: lines }, handler: { log: x } }
`)
	d.write("regular", "text")
	file, err := os.Open(d.path("regular"))
	must(t, err)
	defer file.Close()
	d.stdin = file
	d.run(w)
	must(t, w.Close())
	for source, why := range map[string]string{"in": "descriptor 0 is a regular file", "out": "descriptor 3 is not open for reading"} {
		if told := d.says(source, "source failed").text("error"); !strings.Contains(told, why) {
			t.Errorf("%s: %s, want %q", source, told, why)
		}
	}
}
