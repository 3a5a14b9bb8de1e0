package handlers

import (
	"time"

	"github.com/reactord/reactord/reactor"
)

// How many lines of a run reach the log (clause XC3): floodBurst at once, then
// floodRate a second. That lets through what builds and scripts print, and keeps
// two runs that do nothing but print below what journald accepts of a service.
const (
	floodBurst = 1000
	floodRate  = 100
	floodEvery = reactor.Instant(time.Second / floodRate)
)

// flood is a token bucket that counts what it holds back.
type flood struct {
	// full is when the bucket would be full again: each line that passes moves
	// it by one token's time, and it never lies in the past.
	full reactor.Instant
	left int
}

// passes reports whether a line may be logged at now.
func (f *flood) passes(now reactor.Instant) bool {
	f.full = max(f.full, now)
	if f.full-now > (floodBurst-1)*floodEvery {
		f.left++
		return false
	}
	f.full += floodEvery
	return true
}

// takeLeft is how many lines were held back since it was asked last.
func (f *flood) takeLeft() int {
	left := f.left
	f.left = 0
	return left
}
