/* What the latency programs share. A thread sends numbers one at a time, with
 * send_number, which the program has; the program's loop calls handled when its
 * handler has one. WARM rounds follow each other at once, COLD ones a pause of
 * PAUSE µs. Prints the median of each in µs. */
#include <semaphore.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void send_number(uint64_t v);

static sem_t answered;
static int64_t arrived;
static uint64_t got;
static char **args;

static int64_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void handled(uint64_t v)
{
	arrived = now();
	got = v;
	sem_post(&answered);
}

static int earlier(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static double p50(int rounds, int pause)
{
	static uint64_t v;
	int64_t *late = calloc(rounds, sizeof *late);
	for (int i = 0; i < rounds; i++) {
		if (pause > 0)
			usleep(pause);
		int64_t sent = now();
		send_number(++v);
		sem_wait(&answered);
		if (got != v)
			abort();
		late[i] = arrived - sent;
	}
	qsort(late, rounds, sizeof *late, earlier);
	double median = late[rounds / 2] / 1e3;
	free(late);
	return median;
}

static void *sender(void *unused)
{
	double warm = p50(atoi(args[1]), 0), cold = p50(atoi(args[2]), atoi(args[3]));
	printf("%f %f\n", warm, cold);
	fflush(stdout);
	_exit(0);
}

static void start(int argc, char **argv)
{
	pthread_t thread;
	if (argc != 4)
		exit(2);
	args = argv;
	sem_init(&answered, 0, 0);
	if (pthread_create(&thread, NULL, sender, NULL) != 0)
		exit(1);
}
