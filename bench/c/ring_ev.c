/* A ring on libev. */
#include <ev.h>
#include "ring.h"

static void on_io(struct ev_loop *loop, ev_io *w, int ready)
{
	if (handle((int)(intptr_t)w->data))
		ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	make(argc, argv);
	struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
	ev_io *watches = calloc(n, sizeof *watches);
	for (int i = 0; i < n; i++) {
		ev_io_init(watches + i, on_io, reading(i), EV_READ);
		watches[i].data = (void *)(intptr_t)i;
		ev_io_start(loop, watches + i);
	}
	int64_t began = go();
	ev_run(loop, 0);
	return report(began);
}
