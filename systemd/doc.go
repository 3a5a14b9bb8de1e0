// Package systemd speaks to the service manager that started the process: it says
// when the daemon is ready, what it is doing and that it stops. The package imports
// nothing else of this module and needs no C library.
//
// # Usage
//
//	n, err := systemd.NewNotifier(os.Getenv)
//	if err != nil {
//		return err
//	}
//	defer n.Close()
//	// … load the configuration, register the sources …
//	n.Ready("watching 3 sources")
//	<-ctx.Done()
//	n.Stopping("finishing 2 runs")
//
// Outside systemd, where NOTIFY_SOCKET is not set, [NewNotifier] returns a nil
// *Notifier, on which every method does nothing: the caller needs no second path.
//
// # What the unit has to say
//
// Type=notify, so that "systemctl start" and the units ordered after this one wait
// for [Notifier.Ready]; NotifyAccess=main, so that no child of the daemon can speak
// for it. The unit file beside this package, reactord.service, does. Children inherit
// NOTIFY_SOCKET all the same; a program that starts others takes it out of their
// environment.
//
// # Concurrency and guarantees
//
// A [Notifier] may be used from any goroutine. Messages of one notifier arrive in the
// order of the calls. A message has been handed to the kernel when the method
// returns; systemd may read it later. When systemd does not read (its queue is full),
// a call waits, for five seconds at most, and then fails: a message is lost only
// with an error.
//
// A notifier costs one descriptor and no goroutine. A call is one system call and
// one path lookup, and resolves the address anew: it is not tied to the socket that
// was there at the start.
//
// # Errors
//
// An error of a method means that systemd was not told. Only for Ready is that
// fatal, since systemd ends a service that does not get ready; elsewhere it is worth a
// log line.
//
// # Debugging
//
// "systemctl show -p StatusText,ActiveState,SubState UNIT" shows what arrived. With
// "systemctl log-level debug" PID 1 logs each message, and why it ignored one.
//
// # Testing
//
// NewNotifier takes its environment as a function, so a test gives it the address of
// a socket of its own. What PID 1 makes of the messages is tested in test/systemd, in
// a booted systemd.
//
// The protocol is that of sd_notify(3).
package systemd
