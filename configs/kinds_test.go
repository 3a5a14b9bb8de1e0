package configs_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/sources/calendar"
)

func TestKinds(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	fd := 3
	at := time.Date(2030, 1, 31, 2, 30, 0, 0, time.FixedZone("", 3600))
	all := []string{"delete", "write", "extend", "attrib", "link", "rename", "revoke"}
	tests := []struct {
		name, text string
		want       configs.Source
	}{
		{"timer", "timer: { every: 1h30m }", configs.Source{Timer: &configs.Timer{Every: 90 * time.Minute, Clock: "boottime"}}},
		{"timer of the calendar", "timer: { at: Mon 02:30 Europe/Berlin, leeway: 10m }", configs.Source{Timer: &configs.Timer{
			At: almanac(t, calendar.Parse, "Mon *-*-* 02:30:00 Europe/Berlin"), Leeway: 10 * time.Minute, Clock: "wall",
		}}},
		{"timer of cron", "timer: { at: 30 2 * * 1-5 }", configs.Source{Timer: &configs.Timer{
			At: almanac(t, calendar.ParseCron, "30 2 * * 1-5"), Clock: "wall",
		}}},
		{"timer of cron's names", `timer: { at: "@daily" }`, configs.Source{Timer: &configs.Timer{
			At: almanac(t, calendar.ParseCron, "@daily"), Clock: "wall",
		}}},
		{"timer with jitter", "timer: { every: 1h, jitter: 10m }", configs.Source{Timer: &configs.Timer{
			Every: time.Hour, Jitter: 10 * time.Minute, Clock: "boottime",
		}}},
		{"timer now", "timer: { every: 10s, start: now, leeway: 1s, clock: monotonic }", configs.Source{Timer: &configs.Timer{
			Every: 10 * time.Second, Start: configs.Start{Now: true}, Leeway: time.Second, Clock: "monotonic",
		}}},
		{"timer after no time", "timer: { every: 10s, start: 0s }", configs.Source{Timer: &configs.Timer{
			Every: 10 * time.Second, Start: configs.Start{Now: true}, Clock: "boottime",
		}}},
		{"timer once", "timer: { start: 5s, catch_up: false }", configs.Source{Timer: &configs.Timer{
			Start: configs.Start{After: 5 * time.Second}, Clock: "boottime",
		}}},
		{"timer that catches up", "timer: { every: 1h, catch_up: true }", configs.Source{Timer: &configs.Timer{
			Every: time.Hour, Clock: "boottime", CatchUp: true,
		}}},
		{"timer at a time", "timer: { every: 24h, start: 2030-01-31T02:30:00+01:00 }", configs.Source{Timer: &configs.Timer{
			Every: 24 * time.Hour, Start: configs.Start{At: at}, Clock: "wall",
		}}},
		{"read pipe", "read: { fifo: in }\n    coalesce: { every: 1s }", configs.Source{
			Read: &configs.Read{Fifo: "/etc/reactord/in", Framing: "none"}, Coalesce: configs.Coalesce{Every: time.Second},
		}},
		{"read lines", "read: { fd: 3, framing: lines }", configs.Source{Read: &configs.Read{FD: &fd, Framing: "lines", Limit: 64 << 10}}},
		{"read short lines", "read: { path: /dev/x, framing: lines, limit: 1 KiB }", configs.Source{Read: &configs.Read{
			Path: "/dev/x", Framing: "lines", Limit: 1024,
		}}},
		{"read socket", "read: { listen: unix:~/s, framing: lines }", configs.Source{Read: &configs.Read{
			Listen: &configs.Listen{Network: "unix", Address: "/home/me/s"}, Framing: "lines", Limit: 64 << 10,
		}}},
		{"read packets", "read: { listen: seqpacket:/run/s, framing: lines }", configs.Source{Read: &configs.Read{
			Listen: &configs.Listen{Network: "unixpacket", Address: "/run/s"}, Framing: "lines", Limit: 64 << 10,
		}}},
		{"read abstract socket", "read: { listen: unix:@s, framing: lines }", configs.Source{Read: &configs.Read{
			Listen: &configs.Listen{Network: "unix", Address: "@s"}, Framing: "lines", Limit: 64 << 10,
		}}},
		{"read messages", "read: { fd: 3, framing: netstrings, limit: 1MiB }", configs.Source{Read: &configs.Read{
			FD: &fd, Framing: "netstrings", Limit: 1 << 20,
		}}},
		{"internal", "internal: [overflow, gave_up, overflow]", configs.Source{Internal: []string{"overflow", "gave_up"}}},
		{"port", "port: unix:/run/p", configs.Source{Port: &configs.Port{
			Listen: &configs.Listen{Network: "unixgram", Address: "/run/p"}, Limit: 64 << 10,
		}}},
		{"port of connections", "port: { listen: 'seqpacket:@p', limit: 1KiB }", configs.Source{Port: &configs.Port{
			Listen: &configs.Listen{Network: "unixpacket", Address: "@p"}, Limit: 1024,
		}}},
		{"read tcp", "read: { listen: 'tcp:[::1]:7000', framing: lines }", configs.Source{Read: &configs.Read{
			Listen: &configs.Listen{Network: "tcp", Address: "[::1]:7000"}, Framing: "lines", Limit: 64 << 10,
		}}},
		{"write", "write: { fd: 3 }", configs.Source{Write: &configs.Write{FD: &fd}}},
		{"write files", "write: { fifo: /run/f, from: spool }", configs.Source{Write: &configs.Write{Fifo: "/run/f", From: "/etc/reactord/spool"}}},
		{"vnode", "vnode: { path: a/../b }", configs.Source{Vnode: &configs.Vnode{Path: "/etc/reactord/b", Events: all}}},
		{"vnode events", "vnode: { path: /b, events: [write, link, write] }", configs.Source{Vnode: &configs.Vnode{
			Path: "/b", Events: []string{"write", "link"},
		}}},
		{"files", "files: { paths: [/srv/up/, sub, ~/x] }", configs.Source{Files: &configs.Files{
			Paths:  []string{"/srv/up", "/etc/reactord/sub", "/home/me/x"},
			Events: []string{"create", "close", "delete", "rename"}, Engine: "auto",
		}}},
		{"all of files", `files: { paths: [/a], recursive: true, events: [attrib], include: ["**/*.{a,b}"], ignore: [.git], engine: inotify, initial: true, remember: false }`,
			configs.Source{Files: &configs.Files{
				Paths: []string{"/a"}, Recursive: true, Events: []string{"attrib"}, Include: []string{"**/*.{a,b}"},
				Ignore: []string{".git"}, Engine: "inotify", Initial: true,
			}}},
		{"signal", "signal: [usr1, SIGRTMIN+1, SIGRTMIN+2, SIGRTMAX, RTMAX-1]", configs.Source{Signal: &configs.Signal{Signals: []configs.SignalName{
			{Name: "SIGUSR1", Number: syscall.SIGUSR1}, {Name: "SIGRTMIN+1", Number: 35}, {Name: "SIGRTMIN+2", Number: 36},
			{Name: "SIGRTMIN+30", Number: 64}, {Name: "SIGRTMIN+29", Number: 63},
		}}}},
		{"signal in full", "signal: { signals: [SIGWINCH], exact: false }", configs.Source{Signal: &configs.Signal{
			Signals: []configs.SignalName{{Name: "SIGWINCH", Number: syscall.SIGWINCH}},
		}}},
		{"signal, exact", "signal: { signals: [SIGUSR1], exact: true }", configs.Source{Signal: &configs.Signal{
			Signals: []configs.SignalName{{Name: "SIGUSR1", Number: syscall.SIGUSR1}}, Exact: true,
		}}},
		{"process by pid", "process: { pid: 1 }", configs.Source{Process: &configs.Process{PID: 1, Events: []string{"exit"}}}},
		{"process by file", "process: { pidfile: a.pid }", configs.Source{Process: &configs.Process{Pidfile: "/etc/reactord/a.pid", Events: []string{"exit"}}}},
		{"process by name", "process: { name: nginx, events: [exit] }", configs.Source{Process: &configs.Process{Name: "nginx", Events: []string{"exit"}}}},
		{"process by cgroup", "process: { cgroup: /sys/fs/cgroup/x/, events: [start, fork, exec] }", configs.Source{Process: &configs.Process{Cgroup: "/sys/fs/cgroup/x", Events: []string{"start", "fork", "exec"}}}},
		{"process by unit", "process: { unit: nginx }", configs.Source{Process: &configs.Process{Unit: "nginx.service", Events: []string{"exit"}}}},
		{"process by full unit", "process: { unit: getty@tty1.service }", configs.Source{Process: &configs.Process{Unit: "getty@tty1.service", Events: []string{"exit"}}}},
		{"pressure", "pressure: memory", configs.Source{Pressure: &configs.Pressure{Resource: "memory"}}},
		{"pressure in full", "pressure: { resource: io, cgroup: /sys/fs/cgroup/a, calm: 10s }", configs.Source{Pressure: &configs.Pressure{
			Resource: "io", Cgroup: "/sys/fs/cgroup/a", Calm: 10 * time.Second,
		}}},
		{"pressure by stall", "pressure: { resource: io, some: 50ms/1s, full: 0.1s/10s }", configs.Source{Pressure: &configs.Pressure{
			Resource: "io", Some: configs.Stall{Of: 50 * time.Millisecond, Window: time.Second},
			Full: configs.Stall{Of: 100 * time.Millisecond, Window: 10 * time.Second},
		}}},
		{"custom", "custom: replace", configs.Source{Custom: "replace"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, "sources:\n  x:\n    handler: { log: x }\n    "+tt.text+"\n").Sources[0]
			tt.want.Name, tt.want.Each, tt.want.Parallel = "x", "event", 1
			tt.want.Kind, _, _ = strings.Cut(tt.text, ":")
			tt.want.Handler = &configs.Handler{Log: &configs.Log{Message: template(t, "x"), Level: "info"}}
			if diff := cmp.Diff(tt.want, got, same); diff != "" {
				t.Error(diff)
			}
			if timer := got.Timer; timer != nil && timer.Once() != (timer.At == nil && timer.Every == 0) {
				t.Error("once is wrong")
			}
		})
	}
}

func almanac(t *testing.T, parse func(string) (*calendar.Expression, error), text string) *calendar.Expression {
	t.Helper()
	e, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
