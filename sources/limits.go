package sources

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// limits adds to a bare errno of inotify which limit was hit.
func limits(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w (raise fs.inotify.max_user_watches)", err)
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("%w (raise fs.inotify.max_user_instances, or LimitNOFILE)", err)
	}
	return err
}
