package systemd_test

import (
	"reflect"
	"testing"

	"github.com/reactord/reactord/systemd"
)

func TestDescriptors(t *testing.T) {
	const pid = 42
	tests := []struct {
		name, pid, count, names string
		want                    []systemd.Descriptor
	}{
		{"none", "", "", "", nil},
		{"named", "42", "2", "web:admin", []systemd.Descriptor{{3, "web"}, {4, "admin"}}},
		{"twice the same name", "42", "2", "web:web", []systemd.Descriptor{{3, "web"}, {4, "web"}}},
		{"without names", "42", "1", "", []systemd.Descriptor{{3, "unknown"}}},
		{"too few names", "42", "2", "web", []systemd.Descriptor{{3, "web"}, {4, "unknown"}}},
		{"somebody else's", "41", "2", "web:admin", nil},
		{"nobody's", "", "2", "web:admin", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"LISTEN_PID": tt.pid, "LISTEN_FDS": tt.count, "LISTEN_FDNAMES": tt.names}
			got, err := systemd.Descriptors(func(name string) string { return env[name] }, pid)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
	for _, count := range []string{"x", "-1", "70000"} {
		env := map[string]string{"LISTEN_PID": "42", "LISTEN_FDS": count}
		if _, err := systemd.Descriptors(func(name string) string { return env[name] }, pid); err == nil {
			t.Errorf("LISTEN_FDS=%s is taken", count)
		}
	}
}
