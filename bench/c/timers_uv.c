/* Timers of libuv: milliseconds, no leeway. */
#include <uv.h>
#include "timers.h"

static uv_timer_t **timers, stopper;

static void on_timer(uv_timer_t *t)
{
	fired((int)(intptr_t)t->data);
	if (ended)
		uv_stop(t->loop);
}

static void make(int count) { timers = calloc(count, sizeof *timers); }

static void set(int i, int64_t first, int64_t interval, int64_t leeway)
{
	int64_t in = (first - now() + 999999) / 1000000;
	if (!timers[i]) {
		timers[i] = malloc(sizeof *timers[i]);
		uv_timer_init(uv_default_loop(), timers[i]);
		timers[i]->data = (void *)(intptr_t)i;
	}
	uv_timer_start(timers[i], on_timer, in > 0 ? in : 0, interval / 1000000);
}

static void stop(int i) { uv_timer_stop(timers[i]); }

static void on_stop(uv_timer_t *t) { uv_stop(t->loop); }

static void run(int64_t until)
{
	uv_update_time(uv_default_loop());
	if (until != INT64_MAX) {
		uv_timer_init(uv_default_loop(), &stopper);
		uv_timer_start(&stopper, on_stop, (until - now()) / 1000000, 0);
	}
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
