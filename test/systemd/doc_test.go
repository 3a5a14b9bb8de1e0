// Package systemd_test tests the daemon as the service of a real systemd: its unit
// file, and what package systemd says to PID 1. Each test boots a machine of its own
// (see package box), in which the installed files are those of the repository.
//
// The daemon is built once a run, or taken from REACTORD_BINARY, which tests a program
// that is already built, such as that of a package.
package systemd_test
