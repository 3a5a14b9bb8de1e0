package configs

import (
	"os"
	"path/filepath"
	"strconv"
)

// DefaultConfig returns the path of the configuration that is read when none is
// named: /etc/reactord/reactord.yaml for root, the user's own otherwise (CF3).
func DefaultConfig() string { return machine().config() }

// DefaultControl returns the path of the control socket when the configuration
// names none: /run/reactord/control.sock for root, in the user's runtime
// directory otherwise (CF3).
func DefaultControl() string { return machine().control() }

// DefaultState returns the path of the state directory when the configuration
// names none: /var/lib/reactord for root, in the user's state directory
// otherwise (CF3).
func DefaultState() string { return machine().state() }

// identity is what the default paths depend on.
type identity struct {
	uid    int
	getenv func(string) string
}

func machine() identity { return identity{uid: os.Geteuid(), getenv: os.Getenv} }

func (id identity) config() string {
	if id.uid == 0 {
		return "/etc/reactord/reactord.yaml"
	}
	return filepath.Join(id.dir("XDG_CONFIG_HOME", ".config"), "reactord", "reactord.yaml")
}

func (id identity) control() string {
	if id.uid == 0 {
		return "/run/reactord/control.sock"
	}
	if dir := id.getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "reactord", "control.sock")
	}
	return filepath.Join(id.private(), "control.sock")
}

func (id identity) state() string {
	if id.uid == 0 {
		return "/var/lib/reactord"
	}
	return filepath.Join(id.dir("XDG_STATE_HOME", ".local/state"), "reactord")
}

// dir is the directory an XDG variable names, or the one below the home
// directory that stands for it. The XDG specification has relative paths
// ignored.
func (id identity) dir(variable, below string) string {
	if dir := id.getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	if home := id.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, below)
	}
	return id.private()
}

// private is the directory of a user who has neither a home nor a runtime
// directory.
func (id identity) private() string {
	return "/tmp/reactord-" + strconv.Itoa(id.uid)
}
