package sources_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

// BenchmarkPort sends messages of 64 bytes over a connection, which holds the
// sender up.
func BenchmarkPort(b *testing.B) {
	r := start(b)
	ours, theirs := connection(b)
	must(b, unix.SetNonblock(theirs, false))
	p, err := sources.NewPort("port", r.NewQueue("q"), ours, sources.PortOptions{})
	must(b, err)
	done := make(chan struct{})
	got := 0
	p.OnEvent(func(ev sources.PortEvent) {
		if got += len(ev.Messages); got == b.N && !ev.HangUp {
			close(done)
		}
	})
	must(b, p.Activate())
	data := make([]byte, 64)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := unix.Write(theirs, data); err != nil {
			b.Fatal(err)
		}
	}
	<-done
	b.StopTimer()
	_ = unix.Close(theirs)
	end(b, p, func() { _ = unix.Close(ours) })
}

// BenchmarkSplitter cuts a stream of 64-byte messages that arrives 32 KiB at a
// time.
func BenchmarkSplitter(b *testing.B) {
	for _, framing := range framings {
		b.Run(string(framing), func(b *testing.B) {
			messages := make([][]byte, 480)
			for i := range messages {
				messages[i] = []byte("0123456789012345678901234567890123456789012345678901234567890123")
			}
			stream := encode(framing, messages)
			s := splitter(b, framing, 64<<10)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				s.Split(stream)
				s.End()
			}
		})
	}
}
