package handlers

import "syscall"

// WithFork has x start commands through fork.
func WithFork(x *Exec, fork func(path string, argv []string, attr *syscall.ProcAttr) (int, error)) *Exec {
	x.seams.fork = fork
	return x
}

// ByNumber has x signal groups as on a kernel that can't do it through a pidfd.
func ByNumber(x *Exec) *Exec {
	x.seams.byNumber = true
	return x
}
