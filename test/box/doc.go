// Package box boots a real systemd for a test: PID 1 of namespaces of its own,
// with a private /etc, /run and /var over the host's /usr. It takes a fraction
// of a second, needs no image, no container runtime and no network, and leaves
// nothing behind.
//
//	func TestService(t *testing.T) {
//		b := box.Boot(t, box.Options{})
//		b.Copy("bin/reactord", "/usr/bin/reactord", 0o755)
//		b.Write("/etc/systemd/system/x.service", unit, 0o644)
//		b.Run("systemctl", "daemon-reload")
//		if _, stderr, code := b.Run("systemctl", "start", "x"); code != 0 {
//			t.Fatal(stderr)
//		}
//	}
//
// # What is inside
//
// A systemd of the version the host has installed, booted into multi-user.target
// with journald, D-Bus and tmpfiles and nothing else: no units, generators,
// secrets or settings of the host, no logind, no udev, no network but lo. /usr is
// an overlay, so files may be put anywhere. Capabilities over what has no
// namespace (modules, clock, raw I/O, audit, kernel log) are dropped; /proc/sys
// and /sys are read-only, except for the sysctls of the box's own network.
// Controllers are not handed on: MemoryMax=, CPUQuota= and TasksMax= are accepted
// and do nothing.
//
// # Life cycle
//
// [Boot] returns when the boot has finished and registers a cleanup that ends the
// box. Every process of a box, and every command run in it, lives in one cgroup
// of the host, named reactord-box-*, whose directory the test process holds
// locked. All mounts are in the box's own mount namespace. The kernel kills PID 1,
// and with it the box, when the test process dies, however that happens; the empty
// cgroup that is then left is recognised by its missing lock and removed by the
// next [Boot]. There is no state on disk.
//
// # Concurrency
//
// Boxes are independent of each other: any number run side by side, in one test
// process or in several. The methods of a [Box] may be called from any goroutine,
// those that fail the test only where testing.TB.FailNow may be called.
//
// # Debugging
//
// When a test fails, its cleanup logs what PID 1 wrote to the console and the end
// of the box's journal. A boot that fails or passes its deadline fails with the
// console and the jobs that were left.
//
// # How it works
//
// The test binary runs itself again under another name ("stage 2", in stage2.go) as
// PID 1 of the new namespaces; that builds the root and becomes systemd. A
// command in the box is nsenter(1) and setpriv(1). Importing the package therefore
// adds an init function that looks at the process's name; it does nothing in a
// process that is not a stage 2.
package box
