package e2e

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
)

// send writes text on a connection of its own and closes it.
func send(t testing.TB, network, address, text string) {
	t.Helper()
	conn, err := net.Dial(network, address)
	must(t, err)
	_, err = conn.Write([]byte(text))
	must(t, err)
	must(t, conn.Close())
}

// intoFifo writes text as a writer of its own.
func intoFifo(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}

// Ensure that every framing gives its messages whole, over FIFOs, sockets and
// packets, and that a fault in one loses no other.
func TestMessages(t *testing.T) {
	d := start(t, `
sources:
  nul:    { read: { fifo: $DIR/nul, framing: nul, limit: 16B }, each: message, handler: { log: "<${message}>" } }
  net:    { read: { fifo: $DIR/net, framing: netstrings }, each: message, handler: { log: "<${message}>" } }
  sock:   { read: { listen: "unix:$DIR/s.sock", framing: netstrings }, each: message, handler: { log: "<${message}> of ${peer.pid}" } }
  long:   { read: { listen: "unix:$DIR/l.sock", framing: length32 }, each: message, handler: { log: "<${message}>" } }
  whole:  { read: { listen: "unix:$DIR/w.sock", framing: whole }, handler: { log: "<${messages[0].data}> ${eof}" } }
  packet: { read: { listen: "seqpacket:$DIR/p.sock", framing: whole }, each: message, handler: { log: "<${message}>" } }
  raw:    { read: { fifo: $DIR/raw, framing: nul }, handler: { exec: { shell: 'cat >> records' } } }
`)
	intoFifo(t, d.path("nul"), "one\x00two\nlines\x00this one is over the limit\x00last")
	for _, m := range []string{"<one>", `<two\x0alines>`, "<last>"} {
		d.says("nul", m)
	}
	d.await("a message over the limit is told", func(l line) bool {
		return l.text("source") == "nul" && l.text("message") == "source failed" && strings.Contains(l.text("error"), "16")
	})

	// A fault in a netstring has the rest of that writer passed over.
	intoFifo(t, d.path("net"), "3:abc,9:fault;4:lost,")
	d.says("net", "<abc>")
	d.await("a fault is told with its place", func(l line) bool {
		return l.text("source") == "net" && strings.Contains(l.text("error"), "at byte")
	})
	// A writer who comes before the one at fault was seen to go is passed over
	// with it: it is one stream for the reader. The next one is not.
	after := func(l line) bool { return l.text("source") == "net" && l.text("message") == "<after>" }
	for deadline := time.Now().Add(patience); d.count(after) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		intoFifo(t, d.path("net"), "5:after,")
	}
	d.says("net", "<after>")

	// Over a connection it ends the connection.
	conn, err := net.Dial("unix", d.path("s.sock"))
	must(t, err)
	_, err = conn.Write([]byte("2:ok,x"))
	must(t, err)
	d.says("sock", "<ok> of "+strconv.Itoa(os.Getpid()))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open after a fault")
	}
	must(t, conn.Close())

	send(t, "unix", d.path("l.sock"), "\x00\x00\x00\x05hello\x00\x00\x00\x00")
	d.says("long", "<hello>")
	d.says("long", "<>")
	send(t, "unix", d.path("w.sock"), "all\nof\x00it")
	d.says("whole", `<all\x0aof\x00it> true`)
	send(t, "unixpacket", d.path("p.sock"), "a packet")
	d.says("packet", "<a packet>")

	intoFifo(t, d.path("raw"), "\xff\xfe\x00plain\x00")
	events := d.records("records", func(all []handlers.Event) bool { return len(all) > 0 })
	if len(events) != 1 || len(events[0].Messages) != 2 || events[0].Messages[0].Data != "\xff\xfe" || events[0].Messages[1].Data != "plain" {
		t.Errorf("records %+v", events)
	}
}

// A line over the limit is dropped whole, told with its place and counted: what its
// sender hid behind the limit never comes as a line of its own.
func TestLineOverTheLimit(t *testing.T) {
	d := start(t, `
sources:
  fifo:   { read: { fifo: $DIR/fifo, framing: lines, limit: 16B }, each: line, handler: { log: "<${line}>" } }
  sock:   { read: { listen: "unix:$DIR/sock", framing: lines, limit: 16B }, each: line, handler: { log: "<${line}>" } }
  packet: { read: { listen: "seqpacket:$DIR/packet", framing: lines, limit: 16B }, each: line, handler: { log: "<${line}>" } }
`)
	text := "one\n" + strings.Repeat("x", 16) + "shutdown now\n0123456789abcdef\r\nlast"
	intoFifo(t, d.path("fifo"), text)
	send(t, "unix", d.path("sock"), text)
	send(t, "unixpacket", d.path("packet"), text)
	for _, source := range []string{"fifo", "sock", "packet"} {
		for _, l := range []string{"one", "0123456789abcdef", "last"} {
			d.says(source, "<"+l+">")
		}
		told := d.says(source, "source failed").text("error")
		if want := "at byte 20: want the end of line 2 after at most 16 bytes"; !strings.Contains(told, want) {
			t.Errorf("%s: %s, want %q", source, told, want)
		}
		if n := d.status(source).Errors; n != 1 {
			t.Errorf("%s: %d failures counted, want 1", source, n)
		}
		if n := d.count(func(l line) bool { return l.text("source") == source && strings.HasPrefix(l.text("message"), "<") }); n != 3 {
			t.Errorf("%s: %d lines, want 3", source, n)
		}
	}
}

// R4 and R5: the end of a connection or descriptor is told once, with or behind what
// came last, also when nothing was left. A FIFO outlives its writers and has none,
// and with each: line an end without a line runs nothing.
func TestR5_EndIsToldOnce(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	d := start(t, `
sources:
  fd:      { read: { fd: 3, framing: lines }, handler: { exec: { shell: 'cat >> fd' } } }
  conns:   { read: { listen: "unix:$DIR/conns.sock", framing: lines }, handler: { exec: { shell: 'cat >> conns' } } }
  packets: { read: { listen: "seqpacket:$DIR/packets.sock", framing: whole }, handler: { exec: { shell: 'cat >> packets' } } }
  fault:   { read: { listen: "unix:$DIR/fault.sock", framing: netstrings }, handler: { exec: { shell: 'cat >> fault' } } }
  each:    { read: { listen: "unix:$DIR/each.sock", framing: lines }, each: line, handler: { log: "<${line}>" } }
  port:    { port: "seqpacket:$DIR/port.sock", each: message, handler: { log: "<${message}>" } }
  fifo:    { read: { fifo: $DIR/fifo, framing: lines }, handler: { exec: { shell: 'cat >> fifo.out' } } }
`, r)
	must(t, r.Close())
	// last are the events in a file, once it has so many ends.
	last := func(name string, ends int) []handlers.Event {
		t.Helper()
		all := d.records(name, func(all []handlers.Event) bool {
			n := 0
			for _, e := range all {
				if e.EOF {
					n++
				}
			}
			return n >= ends
		})
		text := ""
		for i, e := range all {
			if e.EOF {
				ends--
			}
			text += fmt.Sprint(e.Lines, e.Messages, e.EOF, " ")
			if i == len(all)-1 && !e.EOF {
				ends = -1
			}
		}
		if ends != 0 {
			t.Errorf("%s: want each end once, and one last: %s", name, text)
		}
		return all
	}

	_, err = w.WriteString("one\ntwo\n")
	must(t, err)
	d.records("fd", func(all []handlers.Event) bool { return len(all) > 0 })
	must(t, w.Close())
	last("fd", 1)
	d.says("fd", "source ended")

	send(t, "unix", d.path("conns.sock"), "one\ntwo\n")
	last("conns", 1)
	send(t, "unix", d.path("conns.sock"), "")
	last("conns", 2)
	for range 5 { // of one process, so that nothing but their ends keeps them apart
		send(t, "unix", d.path("conns.sock"), "three\n")
	}
	for i, e := range last("conns", 7) {
		if len(e.Lines) > 2 || e.Peer == nil || e.Peer.PID != os.Getpid() {
			t.Errorf("event %d: %+v", i, e)
		}
	}

	send(t, "unixpacket", d.path("packets.sock"), "a packet")
	last("packets", 1)
	conn, err := net.Dial("unix", d.path("fault.sock"))
	must(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("2:ok,x"))
	must(t, err)
	last("fault", 1)

	send(t, "unix", d.path("each.sock"), "")
	send(t, "unix", d.path("each.sock"), "a line\n")
	d.says("each", "<a line>")
	send(t, "unix", d.path("each.sock"), "another")
	d.says("each", "<another>")
	send(t, "unixpacket", d.path("port.sock"), "a message")
	d.says("port", "<a message>")
	eventually(t, "the connections are closed", func() bool {
		return d.status("each").Detail["connections"] == 0. && d.status("port").Detail["connections"] == 0.
	})
	if each, port := d.status("each").Runs, d.status("port").Runs; each != 2 || port != 1 {
		t.Errorf("%d runs for 2 lines, %d for 1 message", each, port)
	}

	for i, text := range []string{"one\n", "two", "three\n"} {
		intoFifo(t, d.path("fifo"), text)
		d.records("fifo.out", func(all []handlers.Event) bool { return len(all) > i })
	}
	for i, e := range d.records("fifo.out", func([]handlers.Event) bool { return true }) {
		if e.EOF || len(e.Lines) != 1 {
			t.Errorf("event %d of the FIFO: %+v", i, e)
		}
	}
}

// R9: that nobody can read any more what is written is an event, once, and the end of
// a descriptor that was inherited.
func TestR9_ReaderIsGone(t *testing.T) {
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	for { // no room is told of
		if _, err := unix.Write(pipe[1], make([]byte, 4096)); err != nil {
			break
		}
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	must(t, err)
	for {
		if _, err := unix.Write(pair[1], make([]byte, 4096)); err != nil {
			break
		}
	}
	full, sock := os.NewFile(uintptr(pipe[1]), "pipe"), os.NewFile(uintptr(pair[1]), "socket")
	d := start(t, `
sources:
  pipe:   { write: { fd: 3 }, handler: { log: "eof ${eof}, ${data} free" } }
  socket: { write: { fd: 4 }, handler: { log: "eof ${eof}, ${data} free" } }
`, full, sock)
	must(t, full.Close())
	must(t, sock.Close())
	must(t, unix.Close(pipe[0]))
	must(t, unix.Close(pair[0]))
	for _, source := range []string{"pipe", "socket"} {
		d.says(source, "eof true, 0 free")
		d.says(source, "source ended")
		if s := d.status(source); s.State != "waiting" || !strings.Contains(s.Reason, "nobody reads") || s.Taken != 1 || s.Errors != 0 {
			t.Errorf("%s: %+v", source, s)
		}
	}
}

// An empty packet is a message, and not the end of its connection or socket.
func TestEmptyPacketIsNotTheEnd(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	grams, passed := os.NewFile(uintptr(pair[0]), "grams"), os.NewFile(uintptr(pair[1]), "passed")
	defer grams.Close()
	d := start(t, `
sources:
  whole: { read: { listen: "seqpacket:$DIR/w.sock", framing: whole }, each: message, handler: { log: "<${message}>" } }
  lines: { read: { listen: "seqpacket:$DIR/l.sock", framing: lines }, each: line, handler: { log: "<${line}>" } }
  grams: { read: { fd: 3, framing: whole }, each: message, handler: { log: "<${message}>" } }
`, passed)
	must(t, passed.Close())
	packets := []string{"one", "", "two", "three"}
	for _, source := range []string{"whole", "lines"} {
		conn, err := net.Dial("unixpacket", d.path(source[:1]+".sock"))
		must(t, err)
		for _, p := range packets {
			_, err := conn.Write([]byte(p))
			must(t, err)
		}
		must(t, conn.Close())
	}
	for _, p := range packets {
		must(t, unix.Send(pair[0], []byte(p), 0))
		d.says("whole", "<"+p+">")
		d.says("grams", "<"+p+">")
		if p != "" {
			d.says("lines", "<"+p+">")
		}
	}
	eventually(t, "the connections are closed", func() bool {
		return d.status("whole").Detail["connections"] == 0. && d.status("lines").Detail["connections"] == 0.
	})
}

// Ensure that a port tells who sent what, that a connection's end is an event,
// and that what is over the limit is told and loses nothing else.
func TestPorts(t *testing.T) {
	d := start(t, `
sources:
  grams:   { port: { listen: "unix:$DIR/g.sock", limit: 64B }, each: message, handler: { log: "${message} of ${peer.pid} ${peer.uid}" } }
  packets: { port: "seqpacket:$DIR/p.sock", handler: { log: "${eof ? 'gone' : messages[0].data} ${peer.pid}" } }
`)
	conn, err := net.Dial("unixgram", d.path("g.sock"))
	must(t, err)
	defer conn.Close()
	me := fmt.Sprintf(" of %d %d", os.Getpid(), os.Geteuid())
	for _, text := range []string{"first", strings.Repeat("x", 65), "", "second"} {
		_, err := conn.Write([]byte(text))
		must(t, err)
	}
	for _, text := range []string{"first", "", "second"} {
		d.says("grams", text+me)
	}
	d.await("a long message is told", func(l line) bool {
		return l.text("source") == "grams" && strings.Contains(l.text("error"), "65 bytes")
	})
	if got := d.status("grams").Detail["dropped"]; got != float64(1) {
		t.Errorf("status says dropped: %v", got)
	}
	packet, err := net.Dial("unixpacket", d.path("p.sock"))
	must(t, err)
	_, err = packet.Write([]byte("hello"))
	must(t, err)
	d.says("packets", fmt.Sprintf("hello %d", os.Getpid()))
	if got := d.status("packets").Detail["connections"]; got != float64(1) {
		t.Errorf("status says connections: %v", got)
	}
	must(t, packet.Close())
	d.says("packets", fmt.Sprintf("gone %d", os.Getpid()))
}

// Ensure that a handler slower than the senders of a port holds them up: they
// wait, and every message arrives once and in order.
func TestPortFlowControl(t *testing.T) {
	d := start(t, `
settings: { max_pending: 100 }
sources:
  in: { port: "unix:$DIR/g.sock", handler: { exec: { shell: 'sleep 0.02; cat >> records' } } }
`)
	const n = 5_000
	conn, err := net.Dial("unixgram", d.path("g.sock"))
	must(t, err)
	defer conn.Close()
	for i := range n {
		_, err := fmt.Fprintf(conn, "%d", i)
		must(t, err)
	}
	next := 0
	d.records("records", func(all []handlers.Event) bool {
		next = 0
		for _, e := range all {
			for _, m := range e.Messages {
				if m.Data != strconv.Itoa(next) {
					t.Fatalf("message %q instead of %d", m.Data, next)
				}
				next++
			}
		}
		return next == n
	})
	if next != n {
		t.Fatalf("%d of %d messages", next, n)
	}
}

// A sender who breaks the limit of a port again and again doesn't fill the log,
// and each time is counted.
func TestPortOfAHostileSender(t *testing.T) {
	d := start(t, `
sources:
  port: { port: { listen: "unix:$DIR/port.sock", limit: 16B }, handler: { log: "${len(messages)} came" } }
`)
	c, err := net.Dial("unixgram", d.path("port.sock"))
	must(t, err)
	defer c.Close()
	for range 500 {
		_, err := c.Write(make([]byte, 17))
		must(t, err)
	}
	_, err = c.Write([]byte("good"))
	must(t, err)
	d.says("port", "1 came")
	if n := d.status("port").Errors; n != 500 {
		t.Errorf("%d failures counted, want 500", n)
	}
	if n := d.count(func(l line) bool { return l.text("message") == "source failed" }); n != 20 {
		t.Errorf("%d lines in the log, want 20", n)
	}
}
