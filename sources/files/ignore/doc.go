// Package ignore reads files of patterns as .gitignore(5) has them, and says which
// paths they leave out, as `git check-ignore` does.
//
// Paths are relative and separated by slashes, and bytes: they need not be UTF-8.
package ignore
