package daemon

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"time"

	"github.com/reactord/reactord/sources"
)

// hostJitter is how late a timer is on this machine: a time below most that is
// the same at each start, as systemd's FixedRandomDelay makes it of the machine's
// id (machine-id(5)) and the unit's name.
func hostJitter(name string, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	host, err := os.ReadFile("/etc/machine-id")
	if err != nil || len(host) == 0 {
		name, _ := os.Hostname() // without either all such machines are alike
		host = []byte(name)
	}
	return jitter(host, name, most)
}

func jitter(host []byte, name string, most time.Duration) time.Duration {
	hash := sha256.New()
	hash.Write(host)
	hash.Write([]byte{0})
	hash.Write([]byte(name))
	return time.Duration(binary.BigEndian.Uint64(hash.Sum(nil)) % uint64(most))
}

// delayed is an almanac whose times all come later.
type delayed struct {
	sources.Almanac
	by time.Duration
}

// Next implements sources.Almanac.
func (d delayed) Next(after time.Time) (time.Time, bool) {
	next, ok := d.Almanac.Next(after.Add(-d.by))
	return next.Add(d.by), ok
}
