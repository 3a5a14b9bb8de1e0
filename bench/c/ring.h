/* What the rings share. N socket pairs, a watch on one end of each: the handler
 * of pair i reads a byte and, while writes remain, writes one to pair i+1; A bytes
 * circulate. Arguments: N A WRITES. Prints thousand events a second. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int n, circulating, *ends;
static long writes, events, total;

static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int reading(int i) { return ends[2 * i]; }

static void put(int i)
{
	char b = 'x';
	if (write(ends[2 * i + 1], &b, 1) != 1)
		abort();
}

/* Returns whether that was the last event. */
static int handle(int i)
{
	char b;
	if (read(reading(i), &b, 1) != 1)
		return 0;
	if (writes > 0) {
		writes--;
		put(i + 1 == n ? 0 : i + 1);
	}
	return ++events == total;
}

static void make(int argc, char **argv)
{
	struct rlimit most;
	if (argc != 4)
		exit(2);
	n = atoi(argv[1]);
	circulating = atoi(argv[2]);
	writes = atol(argv[3]);
	total = writes + circulating;
	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	ends = calloc(2 * n, sizeof *ends);
	for (int i = 0; i < n; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends + 2 * i) != 0)
			abort();
}

/* Sets the bytes going, spread over the ring. */
static int64_t go(void)
{
	int64_t began = now();
	for (int i = 0; i < circulating; i++)
		put((int)((long)i * n / circulating));
	return began;
}

static int report(int64_t began)
{
	double took = now() - began;
	if (events != total)
		return 1;
	printf("%.2f\n", total * 1e6 / took);
	return 0;
}
