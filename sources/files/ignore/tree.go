package ignore

import "strings"

// Tree is the files of patterns in a tree, by the directory each is in, "" for the
// root. What a file says goes before what those above it say.
//
// A Tree is not to be changed while others ask.
type Tree map[string][]File

// Ignored reports whether path is left out. dir says that it is a directory, which
// a symbolic link to one is not.
//
// Nothing is taken in again below a directory that is left out: what files in there
// say isn't looked at, so nobody needs to read them.
func (t Tree) Ignored(path string, dir bool) bool {
	for at := 0; ; at++ {
		next := strings.IndexByte(path[at:], '/')
		if next < 0 {
			return t.one(path, dir)
		}
		at += next
		if t.one(path[:at], true) {
			return true
		}
	}
}

// one is Ignored for a path whose directories are not left out.
func (t Tree) one(path string, dir bool) bool {
	for at := len(path); at > 0; {
		at = max(strings.LastIndexByte(path[:at], '/'), 0)
		files := t[path[:at]]
		for i := len(files) - 1; i >= 0; i-- {
			if v := files[i].of(strings.TrimPrefix(path[at:], "/"), dir); v != silent {
				return v == out
			}
		}
	}
	return false
}
