package sources

import "testing"

// A group has its own processes and those of the groups below it, and no others.
func TestInCgroup(t *testing.T) {
	tests := []struct {
		name, text, group string
		want              bool
	}{
		{"itself", "0::/a\n", "/a", true},
		{"below", "0::/a/b\n", "/a", true},
		{"above", "0::/a\n", "/a/b", false},
		{"beside", "0::/ab\n", "/a", false},
		{"the root", "0::/a\n", "/", true},
		{"behind version 1", "9:cpu:/a\n1:name=systemd:/a\n0::/b\n", "/a", false},
		{"no version 2", "9:cpu:/a\n", "/a", false},
		{"removed", "0::/a (deleted)\n", "/a", false},
		{"none", "", "/a", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := inCgroup([]byte(tt.text), tt.group); got != tt.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// What is no directory of the unified hierarchy is refused.
func TestCgroupMatcherRefuses(t *testing.T) {
	if _, err := CgroupMatcher("/proc"); err == nil {
		t.Error("/proc is a control group")
	}
}
