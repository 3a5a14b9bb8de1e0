package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func newEventfd() (int, error) { return unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC) }

// writeEventfd can't fail on an eventfd that is open and read in turn; if it
// did, the handler would miss the number.
func writeEventfd(fd int, v uint64) {
	var number [8]byte
	binary.NativeEndian.PutUint64(number[:], v)
	if _, err := unix.Write(fd, number[:]); err != nil {
		panic(fmt.Sprintf("write to an eventfd: %v", err))
	}
}

// openReadSource is an opener: a read source whose handler reads the eventfd.
func openReadSource(handle func(uint64)) (func(uint64), func() error, error) {
	fd, err := newEventfd()
	if err != nil {
		return nil, nil, err
	}
	r := reactor.New()
	s := sources.NewRead("eventfd", r.NewQueue("reads"), fd)
	var number [8]byte
	s.OnEvent(func(sources.Ready) {
		if n, err := unix.Read(fd, number[:]); err == nil && n == len(number) {
			handle(binary.NativeEndian.Uint64(number[:]))
		}
	})
	cancelled := make(chan error, 1)
	s.OnCancel(func() { cancelled <- unix.Close(fd) })
	stop := func() error {
		s.Cancel()
		return errors.Join(<-cancelled, r.Close())
	}
	return func(v uint64) { writeEventfd(fd, v) }, stop, s.Activate()
}

// openReader is the floor: a goroutine that reads the eventfd and is parked in
// the runtime's poller meanwhile.
func openReader(handle func(uint64)) (func(uint64), func() error, error) {
	fd, err := newEventfd()
	if err != nil {
		return nil, nil, err
	}
	file := os.NewFile(uintptr(fd), "eventfd")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		readNumbers(file, handle)
	}()
	stop := func() error {
		err := file.Close()
		<-ended
		return err
	}
	return func(v uint64) { writeEventfd(fd, v) }, stop, nil
}

// readNumbers hands out what is written, until the file is closed.
func readNumbers(file io.Reader, handle func(uint64)) {
	var number [8]byte
	for {
		if _, err := io.ReadFull(file, number[:]); err != nil {
			return
		}
		handle(binary.NativeEndian.Uint64(number[:]))
	}
}
