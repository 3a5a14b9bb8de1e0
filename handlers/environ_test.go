package handlers_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

// environment is what a command finds, by name; a name that occurs twice fails.
func environment(t *testing.T, x *handlers.Exec, e *handlers.Event) map[string]string {
	t.Helper()
	x.Reactor, x.Command = newReactor(t), command(t, "env", "-0")
	found := map[string]string{}
	for entry := range strings.SplitSeq(strings.TrimSuffix(output(t, x, e), "\x00"), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := found[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		found[name] = value
	}
	return found
}

func ours(environment map[string]string) map[string]string {
	maps.DeleteFunc(environment, func(name, _ string) bool {
		_, inherited := os.LookupEnv(name) // such as what the tests are told by
		return inherited || !strings.HasPrefix(name, "REACTORD_")
	})
	return environment
}

func TestEV5_Environment(t *testing.T) {
	common := func(count string, more ...string) map[string]string {
		all := map[string]string{"REACTORD_SOURCE": "uploads", "REACTORD_KIND": "files", "REACTORD_RUN": "run-1",
			"REACTORD_EVENT": "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", "REACTORD_ATTEMPT": "1", "REACTORD_COUNT": count}
		for i := 0; i < len(more); i += 2 {
			all["REACTORD_"+more[i]] = more[i+1]
		}
		return all
	}
	renamed := filesEvent("/new\n\xff=")
	renamed.Changes[0].Op, renamed.Changes[0].From = coalesce.Rename, "/old"
	tests := []struct {
		name  string
		event *handlers.Event
		want  map[string]string
	}{
		{"no change", filesEvent(), common("1")},
		{"a single change", renamed, common("1", "OP", "rename", "PATH", "/new\n\xff=", "FROM", "/old")},
		{"no old name", filesEvent("/a"), common("1", "OP", "close", "PATH", "/a")},
		{"several changes", filesEvent("/a", "/b", "/a"), common("3")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ours(environment(t, &handlers.Exec{Stdin: handlers.StdinNone}, tt.event))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEV5_LongValuesAreLeftOut(t *testing.T) {
	r := newReactor(t)
	for length, want := range map[int]string{64 << 10: "65536", 64<<10 + 1: "unset"} {
		x := &handlers.Exec{Reactor: r, Shell: `test "${REACTORD_PATH+set}" && echo ${#REACTORD_PATH} || echo unset`}
		if got := output(t, x, filesEvent("/"+strings.Repeat("x", length-1))); got != want+"\n" {
			t.Errorf("a path of %d bytes: got %q, want %s", length, got, want)
		}
	}
}

// What the service manager says to the daemon is not for its children, and
// neither is what another reactord said to this one.
func TestEV5_InheritedEnvironment(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/run/notify")
	t.Setenv("LISTEN_FDS", "2")
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDNAMES", "a:b")
	t.Setenv("WATCHDOG_USEC", "1000")
	t.Setenv("WATCHDOG_PID", "1")
	t.Setenv("REACTORD_PATH", "/of/another")
	t.Setenv("REACTORD_HOME", "/kept")
	t.Setenv("KEPT", "yes")
	got := environment(t, &handlers.Exec{}, filesEvent())
	for name, want := range map[string]string{"KEPT": "yes", "REACTORD_HOME": "/kept"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, name := range []string{"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID", "REACTORD_PATH"} {
		if value, has := got[name]; has {
			t.Errorf("%s=%s was passed on", name, value)
		}
	}
}

// What the configuration says wins over both.
func TestEV5_ConfiguredEnvironment(t *testing.T) {
	t.Setenv("LANG", "C")
	value := func(text string) handlers.Var {
		name, text, _ := strings.Cut(text, "=")
		return handlers.Var{Name: name, Value: template(t, "files", text)}
	}
	x := &handlers.Exec{Env: []handlers.Var{value("LANG=de"), value("LISTEN_ADDR=:80"), value("REACTORD_KIND=mine"),
		value("FILE=${base(path)}"), value("EMPTY="), value("NUL=a\x00b"), value("LONG=" + strings.Repeat("x", 65<<10))}}
	got := environment(t, x, filesEvent("/srv/a b"))
	want := map[string]string{"LANG": "de", "LISTEN_ADDR": ":80", "REACTORD_KIND": "mine", "FILE": "a b", "EMPTY": ""}
	for name, value := range want {
		if has, ok := got[name]; !ok || has != value {
			t.Errorf("%s is %q, want %q", name, has, value)
		}
	}
	for _, name := range []string{"NUL", "LONG"} {
		if _, has := got[name]; has {
			t.Errorf("%s is there", name)
		}
	}
}
