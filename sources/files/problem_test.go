package files_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources/files"
)

func TestProblemInOneLine(t *testing.T) {
	for _, tc := range []struct {
		name string
		p    files.Problem
		want string
	}{
		{"limit", files.Problem{Kind: files.WatchLimit, Err: unix.ENOSPC, Limit: 100, Need: 200, Remedy: "sysctl"},
			"watch limit of 100, 200 needed: no space left on device (sysctl)"},
		{"path", files.Problem{Kind: files.RootMissing, Path: "/a\nb", Err: unix.ENOENT},
			`root missing "/a\nb": no such file or directory`},
		{"kind", files.Problem{Kind: files.Overflow}, "overflow"},
		{"unknown", files.Problem{}, ""},
		{"too_great", files.Problem{Kind: 200}, "unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.p.Error(); got != tc.want {
				t.Fatalf("%q, want %q", got, tc.want)
			}
		})
	}
}
