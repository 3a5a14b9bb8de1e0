package configs

import "testing"

// CF3: root has the machine's paths, everybody else their own.
func TestDefaultPaths(t *testing.T) {
	tests := []struct {
		name                   string
		uid                    int
		env                    map[string]string
		config, control, state string
	}{
		{"root", 0, map[string]string{"HOME": "/root", "XDG_CONFIG_HOME": "/x"},
			"/etc/reactord/reactord.yaml", "/run/reactord/control.sock", "/var/lib/reactord"},
		{"user", 1000, map[string]string{"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/1000"},
			"/home/me/.config/reactord/reactord.yaml", "/run/user/1000/reactord/control.sock", "/home/me/.local/state/reactord"},
		{"user's own", 1000, map[string]string{"HOME": "/home/me", "XDG_CONFIG_HOME": "/c", "XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "/s"},
			"/c/reactord/reactord.yaml", "/r/reactord/control.sock", "/s/reactord"},
		{"relative ones are ignored", 1000, map[string]string{"HOME": "/home/me", "XDG_CONFIG_HOME": "c", "XDG_RUNTIME_DIR": "r", "XDG_STATE_HOME": "s"},
			"/home/me/.config/reactord/reactord.yaml", "/tmp/reactord-1000/control.sock", "/home/me/.local/state/reactord"},
		{"no home", 1000, nil,
			"/tmp/reactord-1000/reactord/reactord.yaml", "/tmp/reactord-1000/control.sock", "/tmp/reactord-1000/reactord"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := identity{uid: tt.uid, getenv: func(name string) string { return tt.env[name] }}
			if got := id.config(); got != tt.config {
				t.Errorf("config %s, want %s", got, tt.config)
			}
			if got := id.control(); got != tt.control {
				t.Errorf("control %s, want %s", got, tt.control)
			}
			if got := id.state(); got != tt.state {
				t.Errorf("state %s, want %s", got, tt.state)
			}
		})
	}
}
