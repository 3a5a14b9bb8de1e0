// Package unitbus asks systemd about units, over D-Bus.
package unitbus

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/godbus/dbus/v5"
)

const (
	manager     = "org.freedesktop.systemd1"
	managerPath = "/org/freedesktop/systemd1"
	service     = "org.freedesktop.systemd1.Service"
	properties  = "org.freedesktop.DBus.Properties"
)

// Follower tells the main process of one unit, now and whenever it changes.
// It holds a connection of its own; its callback runs on a goroutine of its
// own, one call at a time.
type Follower struct {
	conn  *dbus.Conn
	unit  string
	path  dbus.ObjectPath
	told  func(pid int, err error)
	ended chan struct{}
	over  atomic.Bool // Close was called
}

// Follow begins to tell of a unit, which need not be loaded, and returns the pid
// of its main process as it is now; 0 is none. told gets each other one after
// that, or, last, why there will be none: the connection has ended.
func Follow(ctx context.Context, unit string, told func(pid int, err error)) (f *Follower, pid int, err error) {
	conn, err := dbus.ConnectSystemBus()
	if err != nil {
		return nil, 0, fmt.Errorf("system bus: %w", err)
	}
	f = &Follower{conn: conn, unit: unit, told: told, ended: make(chan struct{})}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	if err := f.subscribe(ctx); err != nil {
		_ = conn.Close()
		return nil, 0, fmt.Errorf("unit %s: %w", unit, err)
	}
	if pid, err = f.ask(ctx); err != nil {
		_ = conn.Close()
		return nil, 0, fmt.Errorf("unit %s: %w", unit, err)
	}
	go f.run(signals)
	return f, pid, nil
}

// Close ends it. When it has returned told is not called any more.
func (f *Follower) Close() error {
	f.over.Store(true)
	err := f.conn.Close() // closes the signal channel
	<-f.ended
	return err
}

// subscribe asks for the signals before the first question, so that no change
// falls between.
func (f *Follower) subscribe(ctx context.Context) error {
	object := f.conn.Object(manager, managerPath)
	if err := object.CallWithContext(ctx, manager+".Manager.Subscribe", 0).Err; err != nil {
		return err
	}
	if err := object.CallWithContext(ctx, manager+".Manager.LoadUnit", 0, f.unit).Store(&f.path); err != nil {
		return err
	}
	return f.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(manager), dbus.WithMatchObjectPath(f.path),
		dbus.WithMatchInterface(properties), dbus.WithMatchMember("PropertiesChanged"))
}

// ask returns the main process as it is now.
func (f *Follower) ask(ctx context.Context) (int, error) {
	var pid uint32
	err := f.conn.Object(manager, f.path).CallWithContext(ctx, properties+".Get", 0, service, "MainPID").Store(&pid)
	return int(pid), err
}

func (f *Follower) run(signals <-chan *dbus.Signal) {
	defer close(f.ended)
	for s := range signals {
		if s.Path != f.path || len(s.Body) < 2 || s.Body[0] != service {
			continue
		}
		changed, _ := s.Body[1].(map[string]dbus.Variant)
		if v, ok := changed["MainPID"]; ok {
			if pid, ok := v.Value().(uint32); ok {
				f.told(int(pid), nil)
			}
		}
	}
	if !f.over.Load() {
		f.told(0, fmt.Errorf("unit %s: the connection to the system bus has ended", f.unit))
	}
}
