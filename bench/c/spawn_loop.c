/* spawn_loop DIR CMD ARG: starts CMD for every file closed after writing in DIR;
 * the least that can be done about it. Prints a byte when it watches. */
#include <spawn.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	char buf[65536] __attribute__((aligned(8)));
	int fd = inotify_init1(IN_CLOEXEC);
	if (argc != 4 || fd < 0 || inotify_add_watch(fd, argv[1], IN_CLOSE_WRITE) < 0)
		return 1;
	if (write(1, "+", 1) != 1)
		return 1;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof buf);
		if (n <= 0)
			return 1;
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *ev = (struct inotify_event *)p;
			char *args[] = {argv[2], argv[3], NULL};
			pid_t pid;
			if (posix_spawn(&pid, argv[2], NULL, NULL, args, environ) == 0)
				waitpid(pid, NULL, 0);
			p += sizeof *ev + ev->len;
		}
	}
}
