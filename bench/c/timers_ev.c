/* Timers of libev: seconds as doubles, no leeway. */
#include <ev.h>
#include "timers.h"

static struct ev_loop *loop;
static ev_timer **timers, stopper;

static void on_timer(struct ev_loop *l, ev_timer *t, int what)
{
	fired((int)(intptr_t)t->data);
	if (ended)
		ev_break(l, EVBREAK_ALL);
}

static void on_stop(struct ev_loop *l, ev_timer *t, int what) { ev_break(l, EVBREAK_ALL); }

static void make(int count)
{
	loop = ev_default_loop(EVBACKEND_EPOLL);
	timers = calloc(count, sizeof *timers);
}

static void set(int i, int64_t first, int64_t interval, int64_t leeway)
{
	if (!timers[i]) {
		timers[i] = malloc(sizeof *timers[i]);
		ev_init(timers[i], on_timer);
		timers[i]->data = (void *)(intptr_t)i;
	}
	ev_timer_stop(loop, timers[i]);
	if (many || !fires)
		ev_now_update(loop);
	ev_timer_set(timers[i], (first - now()) / 1e9, interval / 1e9);
	ev_timer_start(loop, timers[i]);
}

static void stop(int i) { ev_timer_stop(loop, timers[i]); }

static void run(int64_t until)
{
	ev_now_update(loop);
	if (until != INT64_MAX) {
		ev_timer_init(&stopper, on_stop, (until - now()) / 1e9, 0);
		ev_timer_start(loop, &stopper);
	}
	ev_run(loop, 0);
}
