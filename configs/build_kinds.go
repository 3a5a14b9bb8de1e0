package configs

import (
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/reactord/reactord/configs/internal/form"
)

// Limits of a line or message: when none is written, of a framing, of a port.
const (
	usualLimit   = 64 << 10
	framingLimit = 1 << 30
	portLimit    = 16 << 20
)

func (b *builder) read(source string, r *form.Read) *Read {
	read := &Read{Fifo: b.path(&r.Fifo), Path: b.path(&r.Path), FD: b.inherited(r.FD), Framing: r.Framing.Value, Limit: r.Limit.Bytes}
	if r.Listen.IsSet() {
		read.Listen = b.listen(&r.Listen)
	}
	b.claimPath(&r.Fifo, read.Fifo, reads, source)
	b.claimPath(&r.Path, read.Path, reads, source)
	b.claimDescriptor(r.FD, reads, source)
	b.claimSocket(&r.Listen, read.Listen, source)
	switch {
	case read.Framing == "none" && r.Limit.IsSet():
		b.fault(r.Key("limit"), "add framing: lines, or leave limit out", "limit is that of a line or message, and there are none")
	case read.Framing != "none":
		read.Limit = b.limit(&r.Limit, framingLimit)
	}
	return read
}

// limit is how long a line or message may be.
func (b *builder) limit(s *form.Size, most int64) int64 {
	switch {
	case !s.IsSet():
		return usualLimit
	case s.Bytes < 1:
		b.fault(s.Pos, "", "limit must be at least 1B")
	case s.Bytes > most:
		b.fault(s.Pos, "", "limit must be at most %dMiB", most>>20)
	}
	return s.Bytes
}

func (b *builder) port(source string, p *form.Port) *Port {
	port := &Port{Limit: b.limit(&p.Limit, portLimit), Descriptors: p.Descriptors.On}
	if !p.Listen.IsSet() {
		return port
	}
	network, address, _ := strings.Cut(p.Listen.Value, ":")
	networks := map[string]string{"unix": "unixgram", "seqpacket": "unixpacket"}
	if networks[network] == "" {
		b.fault(p.Listen.Pos, "write unix:PATH or seqpacket:PATH", "unknown address %q for a port", p.Listen.Value)
		return port
	}
	port.Listen = &Listen{Network: networks[network], Address: b.socket(&p.Listen, address, len(network)+1)}
	b.claimSocket(&p.Listen, port.Listen, source)
	return port
}

func (b *builder) pressure(p *form.Pressure) *Pressure {
	if p.Full.IsSet() && p.Resource.Value == "cpu" && !p.Cgroup.IsSet() {
		b.fault(p.Full.Pos, "leave it out, or name a cgroup", "the kernel knows no full stall of the cpu of the whole machine")
	}
	return &Pressure{Resource: p.Resource.Value, Cgroup: b.path(&p.Cgroup), Calm: p.Calm.D,
		Some: Stall{Of: p.Some.Of, Window: p.Some.Window}, Full: Stall{Of: p.Full.Of, Window: p.Full.Window}}
}

func (b *builder) write(source string, w *form.Write) *Write {
	if w.From.IsSet() && !w.Fifo.IsSet() {
		b.fault(w.From.Pos, "write fifo: PATH beside it", "from needs fifo: only of a FIFO is known what was read")
	}
	write := &Write{Fifo: b.path(&w.Fifo), Path: b.path(&w.Path), FD: b.inherited(w.FD), From: b.path(&w.From)}
	use := writes
	if write.Sends() {
		use = sends
	}
	b.claimPath(&w.Fifo, write.Fifo, use, source)
	b.claimPath(&w.Path, write.Path, use, source)
	return write
}

// inherited is the number of a descriptor the daemon was started with.
func (b *builder) inherited(i *form.Int) *int {
	if i == nil {
		return nil
	}
	if use := map[int]string{1: "standard output", 2: "log"}[i.N]; use != "" {
		b.fault(i.Pos, "write 0 for standard input, or hand over another one from 3 on, as in reactord run 3<PIPE",
			"descriptor %d is the daemon's own %s", i.N, use)
	}
	return &i.N
}

// listen reads an address such as unix:PATH.
func (b *builder) listen(t *form.Text) *Listen {
	network, address, _ := strings.Cut(t.Value, ":")
	offset := len(network) + 1
	switch network {
	case "unix":
		return &Listen{Network: "unix", Address: b.socket(t, address, offset)}
	case "seqpacket":
		return &Listen{Network: "unixpacket", Address: b.socket(t, address, offset)}
	case "tcp":
		_, port, err := net.SplitHostPort(address)
		if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || n == 0 {
			b.fault(t.At(min(offset, len(t.Value))), "as in tcp:127.0.0.1:7000 or tcp:[::1]:7000",
				"%q is not HOST:PORT", address)
		}
		return &Listen{Network: "tcp", Address: address}
	case "systemd":
		if !descriptorName.MatchString(address) {
			b.fault(t.At(min(offset, len(t.Value))), "write FileDescriptorName= of the socket unit, as in systemd:web", "%q is no name of a descriptor", address)
		}
		return &Listen{Network: "systemd", Address: address}
	default:
		b.fault(t.Pos, "write unix:PATH, seqpacket:PATH, tcp:HOST:PORT or systemd:NAME", "unknown address %q to listen on", t.Value)
	}
	return nil
}

// descriptorName is what systemd takes for the name of a descriptor.
var descriptorName = regexp.MustCompile(`^[!-9;-~]{1,255}$`)

func (b *builder) process(p *form.Process) *Process {
	b.positive("pid", &p.PID)
	process := &Process{
		PID: p.PID.N, Pidfile: b.path(&p.Pidfile), Name: p.Name.Value, Exe: b.path(&p.Exe),
		Cgroup: b.path(&p.Cgroup), Events: events(p.Events),
	}
	for i := range p.Events {
		if p.PID.IsSet() && p.Events[i].Value == "start" {
			b.fault(p.Events[i].Pos, "use exit, fork or exec", "a process that is given by its number has started before")
		}
	}
	if p.Unit.IsSet() {
		process.Unit = b.unit(&p.Unit)
	}
	if p.Name.IsSet() && (p.Name.Value == "" || strings.Contains(p.Name.Value, "/")) {
		b.fault(p.Name.Pos, "write the name as ps -e shows it", "%q is no name of a process", p.Name.Value)
	}
	return process
}

// unitNames are the characters of a unit's name and the kinds of units.
var (
	unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,255}$`)
	unitKind = regexp.MustCompile(`\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$`)
)

// unit completes the name of a unit as systemctl does.
func (b *builder) unit(t *form.Text) string {
	if !unitName.MatchString(t.Value) {
		b.fault(t.Pos, "as in nginx.service", "%q is no name of a systemd unit", t.Value)
	}
	if unitKind.MatchString(t.Value) {
		return t.Value
	}
	return t.Value + ".service"
}
