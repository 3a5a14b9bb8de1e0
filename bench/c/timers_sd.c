/* Timers of sd-event, whose accuracy is the leeway. */
#include <systemd/sd-event.h>
#include "timers.h"

static sd_event *e;
static sd_event_source **timers;

static int on_timer(sd_event_source *s, uint64_t at, void *p)
{
	int i = (int)(intptr_t)p;
	fired(i);
	if (ended)
		sd_event_exit(e, 0);
	if (!many)
		return 0; /* it was set anew */
	sd_event_source_set_time(s, due[i] / 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void make(int count)
{
	if (sd_event_default(&e) < 0)
		exit(3);
	timers = calloc(count, sizeof *timers);
}

static void set(int i, int64_t first, int64_t interval, int64_t leeway)
{
	if (!timers[i]) {
		if (sd_event_add_time(e, timers + i, CLOCK_MONOTONIC, first / 1000, leeway / 1000 ? leeway / 1000 : 1, on_timer, (void *)(intptr_t)i) < 0)
			exit(3);
		return;
	}
	sd_event_source_set_time(timers[i], first / 1000);
	sd_event_source_set_enabled(timers[i], SD_EVENT_ONESHOT);
}

static void stop(int i) { sd_event_source_set_enabled(timers[i], SD_EVENT_OFF); }

static void run(int64_t until)
{
	/* sd_event_exit ends a loop for good; so it is run step by step. */
	while (!ended && now() < until) {
		uint64_t left = until == INT64_MAX ? (uint64_t)-1 : (uint64_t)(until - now()) / 1000;
		if (sd_event_run(e, left) < 0)
			exit(3);
	}
}
