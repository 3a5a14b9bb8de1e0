package sources

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// Ensure that what the network said of one connection doesn't hide the next, and
// that everything else is told.
func TestAcceptErrors(t *testing.T) {
	for _, tc := range []struct {
		errs []error
		want error
	}{
		{[]error{unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENETDOWN, unix.EHOSTUNREACH, nil}, nil},
		{[]error{unix.EINTR, unix.EMFILE}, unix.EMFILE},
		{[]error{unix.ENOMEM}, unix.ENOMEM},
		{[]error{unix.EINVAL}, unix.EINVAL},
		{[]error{unix.ENOTSOCK}, unix.ENOTSOCK},
		{[]error{unix.EAGAIN}, unix.EAGAIN},
	} {
		c, err := accept(3, func(int, int) (int, unix.Sockaddr, error) {
			err := tc.errs[0]
			tc.errs = tc.errs[1:]
			return 7, nil, err
		})
		if !errors.Is(err, tc.want) || err == nil && c.FD != 7 || len(tc.errs) > 0 {
			t.Errorf("%+v, %v, want %v; left %v", c, err, tc.want, tc.errs)
		}
	}
}
