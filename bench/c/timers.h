/* What the programs with timers share. The program has set, stop and run; its
 * callbacks call fired. Modes and what they print:
 *
 *   many N BASE SPREAD SETTLE SECONDS   N timers, the interval of the i-th being BASE ms x
 *        (1 + (i x 7919) % SPREAD) and its leeway a tenth of that: processor in %, returns
 *        of the loop's wait a second, p99 of the lateness beyond the leeway in ms
 *   one N       a timer of 1 ms, set anew N times: p50 and p99 of the lateness in µs
 *   arm N       N timers set and stopped: ns each
 *   again N     one of N timers set anew: ns
 *   memory N    N timers set: bytes each
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The timers 0 to count-1. Times are of the monotonic clock, in ns. */
static void make(int count);
static void set(int i, int64_t first, int64_t interval, int64_t leeway); /* interval 0: once */
static void stop(int i);
static void run(int64_t until); /* or until ended */

static int64_t *due, *every, *allowed;
static double *late;
static long fires, most, waits;
static int ended, many;

static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The libraries wait through these: every return is a wake-up. */
int epoll_pwait(int ep, struct epoll_event *evs, int room, int timeout, const sigset_t *mask)
{
	int n = syscall(SYS_epoll_pwait, ep, evs, room, timeout, mask, 8);
	waits += timeout != 0;
	return n;
}

int epoll_wait(int ep, struct epoll_event *evs, int room, int timeout)
{
	return epoll_pwait(ep, evs, room, timeout, NULL);
}

int epoll_pwait2(int ep, struct epoll_event *evs, int room, const struct timespec *timeout, const sigset_t *mask)
{
	int n = syscall(SYS_epoll_pwait2, ep, evs, room, timeout, mask, 8);
	waits += !timeout || timeout->tv_sec || timeout->tv_nsec;
	return n;
}

static void fired(int i)
{
	int64_t at = now();
	if (fires < most)
		late[fires] = (at - due[i] - allowed[i]) / 1e3;
	fires++;
	if (many) {
		due[i] += every[i];
		if (due[i] < at) /* ticks were left out */
			due[i] = at + every[i];
		return;
	}
	if (fires == most) {
		ended = 1;
		return;
	}
	due[i] = now() + 1000000;
	set(i, due[i], 0, 0);
}

static int lower(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(double q)
{
	long n = fires < most ? fires : most;
	if (n == 0)
		exit(3);
	qsort(late, n, sizeof *late, lower);
	return late[(long)(q * n)];
}

static double used(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long resident(void)
{
	long size, pages;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		exit(3);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void crowd(int n, int64_t base, int spread)
{
	int64_t began = now();
	for (int i = 0; i < n; i++) {
		every[i] = base * 1000000 * (1 + ((int64_t)i * 7919) % spread);
		allowed[i] = every[i] / 10;
		due[i] = began + every[i] * (1 + (int64_t)i * 104729 % n) / n; /* spread evenly */
		set(i, due[i], every[i], allowed[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	int n = atoi(argv[2]);
	most = 4000000;
	late = malloc(most * sizeof *late);
	due = calloc(n + 1, sizeof *due);
	every = calloc(n + 1, sizeof *every);
	allowed = calloc(n + 1, sizeof *allowed);
	if (!strcmp(argv[1], "many") && argc == 7) {
		many = 1;
		make(n);
		crowd(n, atoi(argv[3]), atoi(argv[4]));
		run(now() + (int64_t)(atof(argv[5]) * 1e9));
		fires = waits = 0;
		double before = used(), seconds = atof(argv[6]);
		run(now() + (int64_t)(seconds * 1e9));
		double cpu = used() - before;
		printf("%.3f %.1f %.3f\n", 100 * cpu / seconds, waits / seconds, quantile(0.99) / 1e3);
	} else if (!strcmp(argv[1], "one")) {
		most = n;
		make(1);
		due[0] = now() + 1000000;
		set(0, due[0], 0, 0);
		run(INT64_MAX);
		printf("%.2f %.2f\n", quantile(0.5), quantile(0.99));
	} else {
		make(n);
		int64_t hour = now() + 3600000000000, began = now();
		long before = resident();
		for (int i = 0; i < n; i++)
			set(i, hour + (int64_t)i * 7919 % n * 1000, 0, 0);
		if (!strcmp(argv[1], "memory")) {
			printf("%.1f\n", (double)(resident() - before) / n);
			return 0;
		}
		if (!strcmp(argv[1], "again")) {
			began = now();
			for (int i = 0; i < n; i++)
				set((int)((int64_t)i * 7919 % n), hour + (int64_t)i * 104729 % n * 1000, 0, 0);
			printf("%.2f\n", (double)(now() - began) / n);
			return 0;
		}
		for (int i = 0; i < n; i++)
			stop(i);
		printf("%.2f\n", (double)(now() - began) / n);
	}
	return 0;
}
